import type { Log } from "../../log.ts";
import { codeOf, type Failure } from "../../failure.ts";
import type { Interest, Receive, Subscription } from "../bus.ts";
import { Consumer } from "./consumer.ts";
import type { Connection } from "./connection.ts";

interface Pending {
  readonly confirm: () => void;
  readonly refuse: (error: unknown) => void;
}

interface SubscriptionsOptions {
  /** How long what was refused twice rests before it is given back, in milliseconds. */
  readonly patience: number;
  readonly log: Log;
}

/** All subscriptions of a bus: made anew on each connection, one after the other, so that it is clear which one is refused. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #consumers = new Set<Consumer>();
  /** Those whose `subscribe` has yet to resolve. */
  readonly #pending = new Map<Consumer, Pending>();
  #attached = new WeakSet<Consumer>();
  #connection: Connection | undefined;
  #attaching: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Resolves once a broker has confirmed it. */
  async add(interest: Interest, receive: Receive): Promise<Subscription> {
    const consumer = new Consumer({ ...this.#options, id: String(++this.#count), interest, receive });
    const confirmed = new Promise<void>((confirm, refuse) => {
      this.#pending.set(consumer, { confirm, refuse });
    });
    this.#consumers.add(consumer);
    void this.#attachAll().catch(() => undefined);
    await confirmed;
    return { cancel: () => this.#cancel(consumer) };
  }

  /** Makes all of them on a new connection. Rejects if it is lost meanwhile. */
  async online(connection: Connection): Promise<void> {
    this.#connection = connection;
    this.#attached = new WeakSet();
    await this.#attachAll();
  }

  offline(): void {
    this.#connection = undefined;
    for (const consumer of this.#consumers) consumer.detach();
  }

  /** Takes nothing more, and waits for what is in hand. */
  async drain(left: Failure): Promise<void> {
    for (const { refuse } of this.#pending.values()) refuse(left);
    for (const consumer of this.#consumers) void consumer.stop();
    await Promise.all([...this.#consumers].map((consumer) => consumer.idle()));
  }

  async #attachAll(): Promise<void> {
    const connection = this.#connection;
    const former = this.#attaching;
    this.#attaching = (async () => {
      await former.catch(() => undefined);
      for (const consumer of this.#consumers) await this.#attach(consumer, connection);
    })();
    await this.#attaching;
  }

  async #attach(consumer: Consumer, connection: Connection | undefined): Promise<void> {
    if (connection === undefined || connection !== this.#connection) return;
    if (this.#attached.has(consumer) || consumer.isStopping) return;
    this.#attached.add(consumer);
    try {
      await consumer.attach(connection);
      this.#pending.get(consumer)?.confirm();
      this.#pending.delete(consumer);
    } catch (error) {
      this.#refused(consumer, error);
      throw error;
    }
  }

  /** A broker that refuses a new subscription would refuse it on every connection, and end each: it is given up. */
  #refused(consumer: Consumer, error: unknown): void {
    const pending = this.#pending.get(consumer);
    if (pending === undefined || codeOf(error) !== "BROKER_ERROR") return;
    this.#pending.delete(consumer);
    this.#consumers.delete(consumer);
    pending.refuse(error);
  }

  async #cancel(consumer: Consumer): Promise<void> {
    await consumer.stop();
    void consumer.idle().then(() => this.#consumers.delete(consumer));
  }
}
