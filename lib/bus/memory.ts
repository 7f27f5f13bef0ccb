import type { Bus } from "./bus.ts";
import { departed } from "./departed.ts";
import { type Mailboxes, mailboxes } from "./memory/mailboxes.ts";
import { type MemoryTaker, takeFrom } from "./memory/taker.ts";

/** A broker in memory, for the daemons of one process. */
export interface MemoryHub {
  /** One daemon's connection to it. */
  readonly connect: () => Bus;
}

interface MemoryOptions {
  /** How long what was refused twice rests before it comes again, in milliseconds. */
  readonly patience?: number;
}

/** A hub that several buses share. */
export function memoryHub({ patience = 1_000 }: MemoryOptions = {}): MemoryHub {
  const boxes = mailboxes();
  return { connect: () => connect(boxes, patience) };
}

function connect(boxes: Mailboxes, patience: number): Bus {
  const takers = new Set<MemoryTaker>();
  let left = false;
  return {
    publish: async (outgoing) => {
      if (left) throw departed(`publish to ${outgoing.destination}`);
      boxes.put(outgoing);
    },
    subscribe: async (interest, receive) => {
      if (left) throw departed(`subscribe to ${interest.destination}`);
      const taker = takeFrom(boxes.open(interest), interest, receive, patience);
      takers.add(taker);
      return {
        cancel: async () => {
          taker.stop();
          void taker.idle().then(() => takers.delete(taker));
        },
      };
    },
    onReconnect: () => undefined,
    drain: async () => {
      for (const taker of takers) taker.stop();
      await Promise.all([...takers].map((taker) => taker.idle()));
      left = true;
    },
  };
}
