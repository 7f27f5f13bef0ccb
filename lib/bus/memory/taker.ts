import { attempt } from "../attempt.ts";
import type { Delivery, Interest, Receive } from "../bus.ts";
import type { Taker } from "./mailbox.ts";
import type { OpenMailbox } from "./mailboxes.ts";

/** A subscription in memory. */
export interface MemoryTaker {
  /** Takes nothing more. */
  readonly stop: () => void;
  /** Resolves when nothing is in hand. */
  readonly idle: () => Promise<void>;
}

/** Begins to take from a mailbox, so many deliveries at once as the interest says. */
export function takeFrom(
  { box, close }: OpenMailbox,
  { kind, concurrency }: Interest,
  receive: Receive,
  patience: number,
): MemoryTaker {
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();

  const handle = async (delivery: Delivery): Promise<void> => {
    const taken = await attempt(delivery, receive, { patience, hurry: stopping.signal });
    if (!taken && kind !== "news") box.putBack(delivery);
  };

  const taker: Taker = {
    isFree: () => inHand.size < concurrency,
    take: (delivery) => {
      const handling = handle(delivery).finally(() => {
        inHand.delete(handling);
        box.offer();
      });
      inHand.add(handling);
    },
  };
  box.join(taker);

  return {
    stop: () => {
      box.leave(taker);
      close();
      stopping.abort();
    },
    idle: async () => {
      while (inHand.size > 0) await Promise.all(inHand);
    },
  };
}
