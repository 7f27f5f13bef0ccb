import type { Delivery, Receive } from "../../../lib/bus/bus.ts";

/** A receiver that remembers what came, and lets a test wait for it. */
export interface Inbox {
  readonly receive: Receive;
  /** The first so many deliveries, once they are there. */
  readonly deliveries: (count: number) => Promise<readonly Delivery[]>;
  /** Their bodies as text. */
  readonly texts: (count: number) => Promise<readonly string[]>;
  /** Resolves once this text is there. */
  readonly until: (text: string) => Promise<void>;
  /** What came until now. */
  readonly soFar: () => readonly string[];
  /** Keeps every delivery in hand until the function that it answers is called. */
  readonly hold: () => () => void;
  /** Refuses the next so many deliveries. */
  readonly refuse: (count: number) => void;
  readonly mostAtOnce: () => number;
}

/** An empty inbox. */
export function inbox(): Inbox {
  const came: Delivery[] = [];
  const waiting = new Set<() => void>();
  let gate: Promise<void> = Promise.resolve();
  let refusals = 0;
  let inHand = 0;
  let most = 0;

  const once = (isThere: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isThere()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const deliveries = async (count: number): Promise<readonly Delivery[]> => {
    await once(() => came.length >= count);
    return came.slice(0, count);
  };
  const texts = async (count: number) => (await deliveries(count)).map(textOf);

  return {
    receive: async (delivery) => {
      most = Math.max(most, ++inHand);
      came.push(delivery);
      for (const look of waiting) look();
      await gate;
      inHand -= 1;
      if (refusals-- > 0) throw new Error("not now");
    },
    deliveries,
    texts,
    until: (text) => once(() => came.some((each) => textOf(each) === text)),
    soFar: () => came.map(textOf),
    hold: () => {
      const { promise, resolve } = withResolvers();
      gate = promise;
      return resolve;
    },
    refuse: (count) => {
      refusals = count;
    },
    mostAtOnce: () => most,
  };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

const textOf = ({ body }: Delivery): string => Buffer.from(body).toString();
