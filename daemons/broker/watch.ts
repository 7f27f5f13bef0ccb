import { type HeartBeat, NO_HEART_BEAT, PATIENCE } from "./heart-beat.ts";
import type { Limits } from "./limits.ts";

/** What is due on a connection: nothing before some time has passed, a heart-beat, or its end. */
export type Due =
  | { readonly do: "wait"; readonly time: number }
  | { readonly do: "beat" }
  | { readonly do: "drop"; readonly reason: string };

// What begins after a look may be due sooner than the next one: it is late by no more than this.
const LONGEST_WAIT = 5_000;
// Sent a little early, for a heart-beat that is on its way still has not come.
const EARLY = 0.7;

/** Keeps the times of one connection: when it was last heard, when last spoken to, and what it owes. */
export class Watch {
  readonly #limits: Limits;
  readonly #begun: number;
  #heartBeat: HeartBeat | undefined;
  #heardAt: number;
  #saidAt: number;
  #frameSince: number | undefined;

  constructor(limits: Limits, now: number) {
    this.#limits = limits;
    this.#begun = now;
    this.#heardAt = now;
    this.#saidAt = now;
  }

  /** The client has logged in, and owes heart-beats from now on. */
  open(heartBeat: HeartBeat): void {
    this.#heartBeat = heartBeat;
  }

  heard(now: number): void {
    this.#heardAt = now;
  }

  said(now: number): void {
    this.#saidAt = now;
  }

  /** While the broker does not read, the client cannot be late. */
  excuse(now: number): void {
    this.#heardAt = now;
    if (this.#frameSince !== undefined) this.#frameSince = now;
  }

  /** Whether a frame is half here after some bytes, and whether they completed another before it. */
  frame({ half, completed }: { half: boolean; completed: boolean }, now: number): void {
    if (!half) this.#frameSince = undefined;
    else if (completed) this.#frameSince = now;
    else this.#frameSince ??= now;
  }

  due(now: number): Due {
    const { incoming, outgoing } = this.#heartBeat ?? NO_HEART_BEAT;
    const late = this.#deadlines(incoming).find(({ at }) => now >= at);
    if (late !== undefined) return { do: "drop", reason: late.reason };
    const beatAt = outgoing === 0 ? Number.POSITIVE_INFINITY : this.#saidAt + outgoing * EARLY;
    if (now >= beatAt) return { do: "beat" };
    const next = Math.min(beatAt, ...this.#deadlines(incoming).map(({ at }) => at));
    return { do: "wait", time: Math.min(LONGEST_WAIT, this.#limits.frameDeadline, next - now) };
  }

  #deadlines(incoming: number): readonly { readonly at: number; readonly reason: string }[] {
    const { connectDeadline, frameDeadline } = this.#limits;
    return [
      { at: this.#heartBeat ? Infinity : this.#begun + connectDeadline, reason: "it did not log in" },
      { at: (this.#frameSince ?? Infinity) + frameDeadline, reason: "a frame did not come to its end" },
      { at: incoming === 0 ? Infinity : this.#heardAt + incoming * PATIENCE, reason: "no heart-beats" },
    ];
  }
}
