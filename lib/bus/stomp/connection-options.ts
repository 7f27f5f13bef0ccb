import type { BrokerAddress } from "../address.ts";
import type { TlsSettings } from "./transport.ts";

/** How to connect to a broker. Times in milliseconds. */
export interface ConnectionOptions {
  /** Who we are, where the address does not say it. */
  readonly login?: string;
  readonly passcode?: string;
  readonly clientId: string;
  readonly heartbeat: number;
  readonly tls: TlsSettings;
  /** How long until CONNECTED. */
  readonly connectionTimeout: number;
  /** How long until a receipt. */
  readonly receiptTimeout: number;
  /** How long a polite end may take. */
  readonly closeTimeout: number;
}

/** What CONNECT says of us. The path of an address is a virtual host, except for WebSockets, whose URL needs it. */
export function connectHeaders(
  { scheme, path, ...address }: BrokerAddress,
  { clientId, ...options }: ConnectionOptions,
): Readonly<Record<string, string>> {
  const { login = options.login, passcode = options.passcode } = address;
  const isWebSocket = scheme === "ws" || scheme === "wss";
  return {
    host: isWebSocket || path === "" ? "/" : path.slice(1),
    "client-id": clientId,
    ...(login === undefined ? {} : { login }),
    ...(passcode === undefined ? {} : { passcode }),
  };
}
