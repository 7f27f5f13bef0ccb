import type { Buffer } from "node:buffer";

/** One socket, whatever its kind, as the core sees it. */
export interface Transport {
  /** Where the client is. */
  readonly address: string;
  /** How many bytes wait to be written. */
  readonly buffered: number;
  write(chunks: readonly Buffer[]): void;
  /** Stops and starts reading. */
  pause(): void;
  resume(): void;
  /** Writes what waits, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What a socket tells the core. */
export interface Receiver {
  received(chunk: Buffer): void;
  /** What waited has been written. */
  drained(): void;
  closed(): void;
}
