import { message, type Message } from "../../lib/messages/catalogue.ts";
import type { BuildId } from "../../lib/schema/names.ts";

/** How long lines are gathered before they are said, in milliseconds; how much goes into one message, and in all, in characters. */
const GATHER = 150;
const MOST_AT_ONCE = 64 * 1024;
const MOST_LINES = 500;
const MOST_IN_ALL = 2 * 1024 * 1024;

interface Batch {
  readonly lines: string[];
  size: number;
}

/** Gathers what a build prints into messages, so that a step that prints much does not drown the bus. */
export class BuildLog {
  readonly #build: BuildId;
  /** What waits to be said; each batch is one message. */
  #batches: Batch[] = [];
  #said = 0;
  #sequence = 0;

  constructor(build: BuildId) {
    this.#build = build;
  }

  add(line: string): void {
    this.#said += line.length + 1;
    if (this.#said - line.length - 1 > MOST_IN_ALL) return;
    const said = this.#said > MOST_IN_ALL ? "… what comes after is left out: the log is too long" : line;
    const batch = this.#batches.at(-1);
    if (batch === undefined || batch.lines.length >= MOST_LINES || batch.size + said.length > MOST_AT_ONCE)
      this.#batches.push({ lines: [said], size: said.length });
    else {
      batch.lines.push(said);
      batch.size += said.length;
    }
  }

  /** Says what was gathered, again and again until the work has ended. */
  async *whileRunning(step: string, work: Promise<unknown>): AsyncGenerator<Message> {
    const over = { yet: false };
    const ended = work.then(
      () => (over.yet = true),
      () => (over.yet = true),
    );
    while (!over.yet) {
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, GATHER))]);
      yield* this.#gathered(step);
    }
  }

  *#gathered(step: string): Generator<Message> {
    const batches = this.#batches;
    this.#batches = [];
    for (const { lines } of batches) {
      yield message("build.log", { build: this.#build, sequence: this.#sequence, step, lines });
      this.#sequence += 1;
    }
  }
}
