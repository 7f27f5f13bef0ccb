import type { Parcel } from "./parcel.ts";

const MOST_IN_FLIGHT = 1_000;
const MOST_BYTES_IN_FLIGHT = 4 * 1024 * 1024;

/** Parcels in their order: those that wait, and before them those that were sent and are not confirmed. */
export class Line {
  #waiting: Set<Parcel>;
  readonly #inFlight = new Map<Parcel, number>();
  #bytes = 0;

  constructor(parcels: Iterable<Parcel> = []) {
    this.#waiting = new Set(parcels);
  }

  /** The oldest of all. */
  get oldest(): Parcel | undefined {
    for (const parcel of this.#inFlight.keys()) return parcel;
    for (const parcel of this.#waiting) return parcel;
    return undefined;
  }

  get inFlight(): readonly Parcel[] {
    return [...this.#inFlight.keys()];
  }

  add(parcel: Parcel): void {
    this.#waiting.add(parcel);
  }

  remove(parcel: Parcel): void {
    this.#waiting.delete(parcel);
    this.#bytes -= this.#inFlight.get(parcel) ?? 0;
    this.#inFlight.delete(parcel);
  }

  isWaiting(parcel: Parcel): boolean {
    return this.#waiting.has(parcel);
  }

  /** The next to be sent, as long as the broker keeps up. One that may be what brokers stumble over goes alone. */
  next(): Parcel | undefined {
    for (const parcel of this.#waiting) {
      const alone = this.#inFlight.size === 0;
      const suspect = parcel.suspicion > 0 || (this.oldest?.suspicion ?? 0) > 0;
      const room = this.#inFlight.size < MOST_IN_FLIGHT && this.#bytes < MOST_BYTES_IN_FLIGHT;
      return alone || (room && !suspect) ? parcel : undefined;
    }
    return undefined;
  }

  sent(parcel: Parcel, bytes: number): void {
    this.#waiting.delete(parcel);
    this.#inFlight.set(parcel, bytes);
    this.#bytes += bytes;
  }

  /** Nothing will be confirmed any more: what was sent waits again, before the rest. */
  putBack(): void {
    this.#waiting = new Set([...this.#inFlight.keys(), ...this.#waiting]);
    this.#inFlight.clear();
    this.#bytes = 0;
  }

  /** Takes all that wait out of the line. */
  takeWaiting(): readonly Parcel[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }
}
