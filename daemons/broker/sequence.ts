import type { Entry, Journal } from "./journal/entry.ts";
import type { Transport } from "./transport.ts";

/** What one frame leads to: what the journal must hold first, and what happens then. */
interface Stage {
  readonly entries: readonly Entry[];
  /** Roughly how much memory it takes until then. */
  readonly weight: number;
  readonly done: (error?: Error) => void;
}

/**
 * Lets what the frames of one connection lead to happen in the order of the frames, though the journal takes its
 * time. A client that sends faster than the disk writes is not read until the disk has caught up.
 */
export class Sequence {
  readonly #journal: Journal;
  readonly #reading: Pick<Transport, "pause" | "resume">;
  readonly #most: number;
  #waiting = 0;
  #weight = 0;
  #paused = false;

  constructor(journal: Journal, most: number, reading: Pick<Transport, "pause" | "resume">) {
    this.#journal = journal;
    this.#most = most;
    this.#reading = reading;
  }

  /** Whether the client is not being read. */
  get paused(): boolean {
    return this.#paused;
  }

  run({ entries, weight, done }: Stage): void {
    if (entries.length === 0 && this.#waiting === 0) {
      done();
      return;
    }
    this.#waiting += 1;
    this.#weigh(weight);
    this.#journal.append(entries, (error) => {
      this.#waiting -= 1;
      this.#weigh(-weight);
      done(error);
    });
  }

  #weigh(weight: number): void {
    this.#weight += weight;
    if (!this.#paused && this.#weight > this.#most) {
      this.#paused = true;
      this.#reading.pause();
    } else if (this.#paused && this.#weight < this.#most / 2) {
      this.#paused = false;
      this.#reading.resume();
    }
  }
}
