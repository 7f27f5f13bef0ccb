import type { Buffer } from "node:buffer";
import { Failure, reasonOf } from "../../lib/failure.ts";
import type { Limits } from "./limits.ts";

/** A certificate and its key in PEM; with `ca`, clients must show a certificate that it signed. */
export interface Tls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly ca?: string | Buffer;
}

/** Where to listen. Port 0 takes any that is free. */
export interface Listen {
  readonly host: string;
  readonly port: number;
  readonly tls?: Tls;
}

/** Where somebody listens in fact. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An open listener. */
export interface Listener {
  readonly address: Address;
  /** Takes no more connections; done when those it has are closed, which is soon. */
  close(): Promise<void>;
}

/** How long a closed connection may take to be gone. */
export const LINGER = 1_000;

/** What TLS options both kinds of listener use. */
export const secure = ({ cert, key, ca }: Tls, limits: Limits) => ({
  cert,
  key,
  minVersion: "TLSv1.2" as const,
  handshakeTimeout: limits.connectDeadline,
  ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
});

/** Passcodes and messages never cross a network in the clear. */
export function refuseInTheClear({ host, tls }: Listen): void {
  if (tls !== undefined || /^(localhost|::1|127(\.\d{1,3}){3})$/.test(host)) return;
  throw new Failure(
    "LISTEN_REFUSED",
    `Cannot listen on ${host} without TLS: others on the network could read every passcode; listen on 127.0.0.1, or give a certificate and its key`,
  );
}

/** Says what a listener that cannot be opened means. */
export function listenFailure({ host, port }: Listen, error: unknown): Failure {
  const where = `Cannot listen on ${host}:${port}`;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const why = code === "EADDRINUSE" ? "another process has this port" : reasonOf(error);
  return new Failure("LISTEN_FAILED", `${where}: ${why}`, { cause: error });
}
