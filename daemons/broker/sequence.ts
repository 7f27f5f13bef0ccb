import type { Entry, Journal } from "./journal/entry.ts";

/** What one frame leads to: what the journal must hold first, and what happens then. */
export interface Stage {
  readonly entries: readonly Entry[];
  /** Roughly how much memory it takes until then. */
  readonly weight: number;
  readonly done: (error?: Error) => void;
}

/** Lets what the frames of one connection lead to happen in the order of the frames, though the journal takes its time. */
export class Sequence {
  readonly #journal: Journal;
  #waiting = 0;
  #weight = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** How much waits for the journal. */
  get weight(): number {
    return this.#weight;
  }

  run({ entries, weight, done }: Stage): void {
    if (entries.length === 0 && this.#waiting === 0) {
      done();
      return;
    }
    this.#waiting += 1;
    this.#weight += weight;
    this.#journal.append(entries, (error) => {
      this.#waiting -= 1;
      this.#weight -= weight;
      done(error);
    });
  }
}
