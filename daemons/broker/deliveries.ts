import type { Consumer } from "./consumer.ts";
import type { Letter } from "./mailbox.ts";

/** A letter that went out to a consumer and is not acknowledged. */
export interface Delivery {
  readonly letter: Letter;
  readonly consumer: Consumer;
}

/** The deliveries of one connection that wait for their acknowledgement, the oldest first. */
export class Deliveries {
  readonly #open = new Map<string, Delivery>();

  keep(delivery: Delivery): void {
    this.#open.set(delivery.letter.id, delivery);
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  /** What one ACK or NACK is about: in mode `client` all that the subscription got until then (STOMP 1.2 "ack Header"). */
  take(id: string): readonly Delivery[] {
    const last = this.#open.get(id);
    if (last === undefined) return [];
    const meant = last.consumer.subscription.ack === "client" ? this.#upTo(last) : [last];
    for (const { letter } of meant) this.#open.delete(letter.id);
    return meant;
  }

  takeAll(): readonly Delivery[] {
    const all = [...this.#open.values()];
    this.#open.clear();
    return all;
  }

  #upTo(last: Delivery): readonly Delivery[] {
    const meant: Delivery[] = [];
    for (const delivery of this.#open.values()) {
      if (delivery.consumer === last.consumer) meant.push(delivery);
      if (delivery === last) break;
    }
    return meant;
  }
}
