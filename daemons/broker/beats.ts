import { ProtocolError } from "./protocol-error.ts";

const SECOND = 1_000;
// Many clients end each frame with an end of line: those are no heart-beats.
const PER_FRAME = 2;

/** Counts heart-beats: more than so many in a second are an attack, not a sign of life. */
export class BeatCounter {
  readonly #most: number;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(perSecond: number) {
    this.#most = perSecond;
  }

  count(beats: number, frames: number, now: number): void {
    if (now - this.#since >= SECOND) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += Math.max(0, beats - frames * PER_FRAME);
    if (this.#count > this.#most) throw new ProtocolError(`more than ${this.#most} heart-beats in a second`);
  }
}
