import type { Buffer } from "node:buffer";
import { BeatCounter } from "./beats.ts";
import { Decoder } from "./codec/decode.ts";
import type { Frame, Version } from "./codec/frame.ts";
import type { Limits } from "./limits.ts";
import type { Watch } from "./watch.ts";

/** What one client says: frames, within narrow limits until it has logged in, and heart-beats. */
export class Reader {
  readonly #limits: Limits;
  readonly #watch: Watch;
  readonly #now: () => number;
  readonly #decoder: Decoder;
  readonly #beats: BeatCounter;

  constructor(limits: Limits, watch: Watch, now: () => number) {
    const { headers, beforeConnected: first } = limits;
    this.#limits = limits;
    this.#watch = watch;
    this.#now = now;
    this.#decoder = new Decoder({ headers, headerLine: first, headerBytes: first, body: first });
    this.#beats = new BeatCounter(limits.beatsPerSecond);
  }

  /** Whether the client is in the middle of a frame. */
  get midFrame(): boolean {
    return this.#decoder.midFrame;
  }

  /** The client has logged in. */
  open(version: Version): void {
    this.#decoder.version = version;
    this.#decoder.limits = this.#limits;
  }

  *frames(chunk: Buffer): Generator<Frame, void, void> {
    const now = this.#now();
    let completed = 0;
    this.#watch.heard(now);
    for (const frame of this.#decoder.decode(chunk)) {
      completed += 1;
      yield frame;
    }
    this.#beats.count(this.#decoder.beats, completed, now);
    this.#decoder.beats = 0;
    this.#watch.frame({ half: this.#decoder.midFrame, completed: completed > 0 }, now);
  }
}
