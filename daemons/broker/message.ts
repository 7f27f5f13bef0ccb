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

/** When a message is no longer worth its delivery, in milliseconds since 1970, in ActiveMQ's form. */
export const EXPIRES = "expires";

/** Whether a message has outlived its time. Without one, and at 0, it never does. */
export function isExpired({ headers }: Message, now: () => number): boolean {
  const expires = Number(headers.get(EXPIRES) ?? 0);
  return expires > 0 && expires <= now();
}

const OVERHEAD = 256;

/** Roughly how much memory a message takes. */
export function weightOf({ headers, body }: Message): number {
  let weight = OVERHEAD + body.length;
  for (const [name, value] of headers) weight += name.length + value.length;
  return weight;
}
