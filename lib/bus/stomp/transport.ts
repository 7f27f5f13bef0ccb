import type { BrokerAddress } from "../address.ts";

/** What proves a broker to us, and us to it; in PEM. */
export interface TlsSettings {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** A stream of bytes to a broker. */
interface Transport {
  readonly send: (data: string | Uint8Array) => void;
  /** Ends it once everything is sent. */
  readonly end: () => void;
  /** Ends it at once. */
  readonly destroy: () => void;
}

/** What is told of a transport. Nothing comes after `closed`, which always comes. */
interface TransportEvents {
  readonly opened: () => void;
  readonly data: (chunk: Buffer) => void;
  readonly closed: (reason: string) => void;
}

/** Begins to connect to a broker. */
export type OpenTransport = (broker: BrokerAddress, tls: TlsSettings, on: TransportEvents) => Transport;

/** Why a connection failed: some errors of node:net have only a code. */
export const explain = (error: Error): string =>
  error.message || ("code" in error ? String(error.code) : error.name);
