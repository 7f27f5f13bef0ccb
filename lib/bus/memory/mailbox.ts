import type { Delivery } from "../bus.ts";

/** Somebody who takes deliveries as long as a hand is free. */
export interface Taker {
  readonly isFree: () => boolean;
  readonly take: (delivery: Delivery) => void;
}

/** What waits for takers, in order; several takers share it in turn. */
export interface Mailbox {
  readonly put: (delivery: Delivery) => void;
  /** Gives a delivery back, to be the next one again. */
  readonly putBack: (delivery: Delivery) => void;
  readonly join: (taker: Taker) => void;
  readonly leave: (taker: Taker) => void;
  /** Looks for a free taker: to be called whenever a hand becomes free. */
  readonly offer: () => void;
}

/** An empty mailbox. */
export function mailbox(): Mailbox {
  const waiting: Delivery[] = [];
  let takers: readonly Taker[] = [];

  const offer = (): void => {
    for (;;) {
      const taker = takers.find((each) => each.isFree());
      if (taker === undefined) return;
      const delivery = waiting.shift();
      if (delivery === undefined) return;
      // The one who took goes to the end of the line: competing takers get their turns.
      takers = [...takers.filter((each) => each !== taker), taker];
      taker.take(delivery);
    }
  };

  return {
    put: (delivery) => {
      waiting.push(delivery);
      offer();
    },
    putBack: (delivery) => {
      waiting.unshift({ ...delivery, redelivered: true });
      offer();
    },
    join: (taker) => {
      takers = [...takers, taker];
      offer();
    },
    leave: (taker) => {
      takers = takers.filter((each) => each !== taker);
    },
    offer,
  };
}
