import type { Letter, Mailbox, Taker } from "./mailbox.ts";
import type { Message } from "./message.ts";
import type { Subscription } from "./session.ts";

/** A connection, as its subscriptions see it. */
export interface Outlet {
  /** Whether so much waits to be written that what can wait should. */
  readonly congested: boolean;
  deliver(subscription: Subscription, message: Message, letter?: Letter): void;
  /** Keeps a delivery until it is acknowledged. */
  keep(letter: Letter, consumer: Consumer): void;
  /** A letter that needs no acknowledgement has gone out. */
  spend(letter: Letter): void;
  /** A subscription has left too much untaken. */
  giveUp(): void;
}

/** A subscription that takes letters from a mailbox. */
export class Consumer implements Taker {
  readonly subscription: Subscription;
  readonly mailbox: Mailbox;
  readonly #outlet: Outlet;
  #unsettled = 0;

  constructor(subscription: Subscription, mailbox: Mailbox, outlet: Outlet) {
    this.subscription = subscription;
    this.mailbox = mailbox;
    this.#outlet = outlet;
  }

  willing(): boolean {
    return !this.#outlet.congested && this.#unsettled < this.subscription.prefetch;
  }

  take(letter: Letter): void {
    if (this.subscription.ack === "auto") {
      this.#outlet.deliver(this.subscription, letter.message, letter);
      this.#outlet.spend(letter);
      return;
    }
    this.#unsettled += 1;
    this.#outlet.keep(letter, this);
    this.#outlet.deliver(this.subscription, letter.message, letter);
  }

  /** Some of its deliveries were acknowledged or given back. */
  release(count: number): void {
    this.#unsettled -= count;
  }
}
