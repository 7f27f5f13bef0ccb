import type { Buffer } from "node:buffer";
import type { Destination } from "./destination.ts";

/** What somebody sent, as the broker holds it. */
export interface Message {
  readonly id: string;
  readonly destination: Destination;
  /** What the sender said about it, without what was meant for the broker. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether it outlives the broker, where it waits for somebody. */
  readonly persistent: boolean;
}

const OVERHEAD = 256;

/** Roughly how much memory a message takes. */
export function weightOf({ headers, body }: Message): number {
  let weight = OVERHEAD + body.length;
  for (const [name, value] of headers) weight += name.length + value.length;
  return weight;
}
