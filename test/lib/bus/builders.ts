import { randomBytes } from "node:crypto";
import type { Interest, Outgoing } from "../../../lib/bus/bus.ts";

/** A name that no other test uses: brokers may be shared. */
export const unique = (name: string): string => `${name}-${randomBytes(6).toString("hex")}`;

export const topic = (): string => `/topic/${unique("t")}`;

export const queue = (): string => `/queue/${unique("q")}`;

/** An interest in what is said on a topic from now on. */
export const news = (destination: string): Interest => ({
  destination,
  kind: "news",
  name: "me",
  concurrency: 1,
});

/** An interest that lasts while its owner is away. */
export const durable = (destination: string, name: string): Interest => ({
  destination,
  kind: "durable",
  name,
  concurrency: 1,
});

/** An interest in work. */
export const work = (destination: string, concurrency = 1): Interest => ({
  destination,
  kind: "work",
  name: "me",
  concurrency,
});

/** A message of a few words. */
export const saying = (destination: string, text: string): Outgoing => ({
  destination,
  headers: { "content-type": "text/plain" },
  body: Buffer.from(text),
  persistent: true,
});
