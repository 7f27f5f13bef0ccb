import { z } from "zod";

/** Where to listen: a host and a port, of which 0 takes any that is free. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, parsed. */
export const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, {
    error: "must be HOST:PORT, such as 127.0.0.1:8090",
  })
  .transform(addressIn);

/** The address that a text of that form holds. */
export function addressIn(text: string): Address {
  const at = text.lastIndexOf(":");
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(text.slice(at + 1)) };
}

/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean => /^(localhost|::1|127(\.\d{1,3}){3})$/.test(host);
