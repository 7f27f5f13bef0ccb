import type { Handed } from "./connection.ts";

/** Deliveries that came and wait for a free hand, the oldest first. */
export class WaitingRoom {
  readonly #most: number;
  #handed: Handed[] = [];
  #bytes = 0;

  /** `most` is how many bytes may wait. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Adds a delivery; answers how many of the oldest had to leave for it. */
  add(handed: Handed): number {
    this.#handed.push(handed);
    this.#bytes += handed.delivery.body.length;
    let lost = 0;
    for (; this.#bytes > this.#most && this.#handed.length > 1; lost += 1) this.next();
    return lost;
  }

  /** Takes the oldest out. */
  next(): Handed | undefined {
    const handed = this.#handed.shift();
    this.#bytes -= handed?.delivery.body.length ?? 0;
    return handed;
  }

  /** Takes all out. */
  empty(): readonly Handed[] {
    const all = this.#handed;
    this.#handed = [];
    this.#bytes = 0;
    return all;
  }
}
