import { pause } from "../../lib/effects/clock.ts";
import { splitter } from "../../lib/effects/exec.ts";
import { message, type Message } from "../../lib/messages/catalogue.ts";
import type { BuildId } from "../../lib/schema/names.ts";

/** How long lines are gathered before they are said, in milliseconds: ten messages in a second. */
const GATHER = 100;
/** What goes into one message: bytes, and lines. */
const MOST_AT_ONCE = 64 * 1024;
const MOST_LINES = 1_000;
/** What a line costs beside its bytes: a build that prints short lines sends no more messages than one that prints long ones. */
const LINE_COST = 100;
/** How much of the end of a step is said where its middle is left out, in bytes. */
const TAIL = 16 * 1024;

interface Options {
  /** How much is said in all, in bytes; then only the end of each step. */
  readonly most: number;
  /** Is given everything, whatever is said of it. */
  readonly keep: (bytes: Uint8Array) => void;
}

/** Gathers what a build prints into messages, so that a step that prints much does not drown the bus. */
export class BuildLog {
  readonly #build: BuildId;
  readonly #keep: Options["keep"];
  #room: number;
  readonly #lines: string[] = [];
  #split = splitter((line) => this.#take(line));
  #tail: Buffer = Buffer.alloc(0);
  #leftOut = 0;
  #sequence = 0;
  #last = "";

  constructor(build: BuildId, { most, keep }: Options) {
    this.#build = build;
    this.#room = most;
    this.#keep = keep;
  }

  /** The last line that was printed. */
  get lastLine(): string {
    return this.#last;
  }

  add(chunk: Buffer): void {
    this.#keep(chunk);
    if (this.#room > 0) this.#split.add(chunk);
    else this.#leaveOut(chunk);
  }

  /** Says what a step prints until it has ended, then what is left of it. */
  async *follow(step: string, work: Promise<unknown>): AsyncGenerator<Message> {
    const ended = new AbortController();
    const end = () => ended.abort();
    work.then(end, end);
    while (!ended.signal.aborted) {
      await pause(GATHER, ended.signal);
      if (this.#lines.length > 0) yield this.#said(step);
    }
    this.#finish();
    while (this.#lines.length > 0) yield this.#said(step);
  }

  #take(line: string): void {
    if (this.#room <= 0) return this.#leaveOut(Buffer.from(`${line}\n`));
    this.#room -= Buffer.byteLength(line) + LINE_COST;
    this.#push(line);
  }

  /** Not a line at a time: who prints a hundred megabytes must not keep this process busy. */
  #leaveOut(bytes: Buffer): void {
    this.#leftOut += bytes.length;
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-TAIL)]).subarray(-TAIL);
  }

  #finish(): void {
    this.#split.end();
    this.#split = splitter((line) => this.#take(line));
    if (this.#leftOut === 0) return;
    const cut = this.#leftOut - this.#tail.length;
    if (cut > 0) this.#push(`[${cut} bytes are left out here]`);
    const rest = splitter((line) => this.#push(line));
    rest.add(this.#tail);
    rest.end();
    this.#tail = Buffer.alloc(0);
    this.#leftOut = 0;
  }

  #push(line: string): void {
    this.#lines.push(line);
    if (line.trim() !== "") this.#last = line;
  }

  #said(step: string): Message {
    let bytes = 0;
    const over = this.#lines.findIndex(
      (line, index) => (bytes += line.length) > MOST_AT_ONCE || index >= MOST_LINES,
    );
    const lines = this.#lines.splice(0, over === -1 ? this.#lines.length : Math.max(1, over));
    const sequence = this.#sequence;
    this.#sequence += 1;
    return message("build.log", { build: this.#build, sequence, step, lines });
  }
}
