import { message, type Message } from "../../lib/messages/catalogue.ts";
import type { BuildId } from "../../lib/schema/names.ts";

/** How long lines are gathered before they are said, in milliseconds; how much goes into one message, and in all, in characters. */
const GATHER = 150;
const MOST_AT_ONCE = 64 * 1024;
const MOST_LINES = 500;
const MOST_IN_ALL = 2 * 1024 * 1024;

/** Gathers what a build prints into messages, so that a step that prints much does not drown the bus. */
export class BuildLog {
  readonly #build: BuildId;
  readonly #lines: string[] = [];
  #said = 0;
  #sequence = 0;

  constructor(build: BuildId) {
    this.#build = build;
  }

  add(line: string): void {
    this.#said += line.length + 1;
    if (this.#said - line.length - 1 > MOST_IN_ALL) return;
    const last = this.#said > MOST_IN_ALL ? "… what comes after is left out: the log is too long" : line;
    this.#lines.push(last);
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
    while (this.#lines.length > 0) {
      const lines = this.#take();
      yield message("build.log", { build: this.#build, sequence: this.#sequence, step, lines });
      this.#sequence += 1;
    }
  }

  #take(): string[] {
    let size = 0;
    const fitting = this.#lines.findIndex(
      (line, index) => (size += line.length) > MOST_AT_ONCE || index >= MOST_LINES,
    );
    const count = fitting === -1 ? this.#lines.length : Math.max(1, fitting);
    return this.#lines.splice(0, count);
  }
}
