import type { Limits } from "./limits.ts";

const FORGET_AFTER = 60_000;
const LONGEST_FACTOR = 16;

interface Guest {
  connections: number;
  refusals: number;
  refusedAt: number;
}

/** Who may come in: so many at once, from everywhere and from each address; and how long a wrong passcode waits. */
export class Admission {
  readonly #limits: Limits;
  readonly #guests = new Map<string, Guest>();
  #connections = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Why a connection from this address is refused; if it is not, it counts until it leaves. */
  enter(address: string, now: number): string | undefined {
    this.#forget(now);
    const guest = this.#guest(address);
    if (this.#connections >= this.#limits.connections)
      return "the broker has as many connections as it takes";
    if (guest.connections >= this.#limits.connectionsPerAddress)
      return "too many connections from this address";
    this.#connections += 1;
    guest.connections += 1;
    return undefined;
  }

  leave(address: string): void {
    this.#connections -= 1;
    this.#guest(address).connections -= 1;
  }

  /** How long the answer to a wrong passcode waits: each one from the same address doubles it. */
  delayRefusal(address: string, now: number): number {
    const guest = this.#guest(address);
    const factor = Math.min(2 ** guest.refusals, LONGEST_FACTOR);
    guest.refusals += 1;
    guest.refusedAt = now;
    return this.#limits.loginDelay * factor;
  }

  #guest(address: string): Guest {
    const known = this.#guests.get(address);
    if (known !== undefined) return known;
    const guest = { connections: 0, refusals: 0, refusedAt: Number.NEGATIVE_INFINITY };
    this.#guests.set(address, guest);
    return guest;
  }

  #forget(now: number): void {
    for (const [address, guest] of this.#guests) {
      if (now - guest.refusedAt < FORGET_AFTER) continue;
      if (guest.connections === 0) this.#guests.delete(address);
      else guest.refusals = 0;
    }
  }
}
