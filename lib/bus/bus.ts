import type { Kind } from "../messages/catalogue/entry.ts";

/** What goes out: to one destination, as bytes. */
export interface Outgoing {
  readonly destination: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Whether it must outlive a crash of the broker. */
  readonly persistent: boolean;
}

/** One handing-over of a message. */
export interface Delivery {
  readonly destination: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly redelivered: boolean;
}

/** What a subscriber wants to hear. */
export interface Interest {
  readonly destination: string;
  readonly kind: Kind;
  /** Who it is, the same after a restart: durable news that it missed waits under this name. `[A-Za-z0-9._-]+` */
  readonly name: string;
  /** How many deliveries it takes at once. */
  readonly concurrency: number;
}

/** Takes a delivery. Resolving acknowledges it; rejecting gives work and durable news back, to come again. */
export type Receive = (delivery: Delivery) => Promise<void>;

export interface Subscription {
  /** Ends the subscription. What was durable stays for the next one of that name. */
  readonly cancel: () => Promise<void>;
}

/** Two verbs over any broker. */
export interface Bus {
  /** Resolves when the message is safe: confirmed by the broker, or in the spool on disk. */
  readonly publish: (outgoing: Outgoing) => Promise<void>;
  /** Resolves once the broker has confirmed the subscription. It outlives reconnects. */
  readonly subscribe: (interest: Interest, receive: Receive) => Promise<Subscription>;
  /** Is told each time that a connection is made anew, after the subscriptions are there again. */
  readonly onReconnect: (listener: () => void) => void;
  /** Stops deliveries, waits for those in hand, and leaves. */
  readonly drain: () => Promise<void>;
}
