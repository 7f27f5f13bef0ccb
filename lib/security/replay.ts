import {
  appendFileSync,
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import type { CommandId } from "../schema/names.ts";
import { insist } from "./check.ts";
import type { SignedCommand } from "./command.ts";
import { type Memory, replayChecks } from "./replay-checks.ts";
import { begunLine, type JournalLine, journalLine, ReplayMemory } from "./replay-memory.ts";

const MOST_COMMANDS = 100_000;
const MOST_LINE_BYTES = 16 * 1024;
/** How many lines more than needed are worth writing the file anew. */
const SLACK = 1_000;

/** The commands that a host accepted, on disk before any of them runs: none is accepted twice, whatever dies. */
export class ReplayJournal implements Memory {
  readonly #path: string;
  readonly #most: number;
  readonly #memory = new ReplayMemory();
  #file: number;
  #lines = 0;
  #length = 0;
  #damaged = false;

  /**
   * Opens a journal, or begins one. Whoever held it before accepts nothing any more.
   * @throws {Failure} E_STORAGE when it cannot be read, or holds a line that it should not
   */
  constructor(path: string, most = MOST_COMMANDS) {
    this.#path = path;
    this.#most = most;
    this.#file = storing(path, () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      return openSync(path, "a+", 0o600);
    });
    storing(path, () => this.#load());
    storing(path, () => this.#rewrite());
  }

  get highWater(): number {
    return this.#memory.highWater;
  }

  readonly recall: Memory["recall"] = (id) => this.#memory.recall(id);

  readonly latest: Memory["latest"] = (stream) => this.#memory.latest(stream);

  /**
   * Accepts a command, once: it is on disk when this returns.
   * @throws {Failure} E_CLOCK, E_REPLAY, E_OLD or E_STORAGE: then it must not run
   */
  begin(command: SignedCommand, now: Date): void {
    insist(replayChecks, { command, now, memory: this });
    this.#makeRoom(now);
    this.#append(begunLine(command, now));
  }

  /**
   * Records what became of a command, as the answer to its repeats.
   * @throws {Failure} E_STORAGE
   */
  end(id: CommandId, result: unknown): void {
    const line: JournalLine = { line: "ended", id, result: result ?? null };
    if (encodeLine(line).length > MOST_LINE_BYTES)
      throw new Failure("E_STORAGE", `Cannot record the result of ${id}: it is larger than 16 KiB`);
    this.#append(line);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Reads every line; a last one without its end was being written when the power went, and is left out. */
  #load(): void {
    const text = readFileSync(this.#file, "utf8");
    const lines = text.split("\n").slice(0, -1);
    this.#length = Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1));
    for (const [index, line] of lines.entries()) this.#memory.apply(readLine(line, index + 1));
    this.#lines = lines.length;
  }

  #append(line: JournalLine): void {
    storing(this.#path, () => {
      if (this.#damaged) throw new Error("an earlier write to it failed");
      const bytes = encodeLine(line);
      try {
        appendFileSync(this.#file, bytes);
        fdatasyncSync(this.#file);
      } catch (error) {
        this.#cutBack();
        throw error;
      }
      this.#length += bytes.length;
      this.#requireOurs();
    });
    this.#lines += 1;
    this.#memory.apply(line);
  }

  /** Whoever opens the journal puts a new file in its place: from then on, what is written here counts for nothing. */
  #requireOurs(): void {
    const { ino, size } = fstatSync(this.#file);
    this.#damaged = size !== this.#length || statSync(this.#path).ino !== ino;
    if (this.#damaged) throw new Error("another process uses it");
  }

  /** Half a line must not stay: the next one would be glued to it. */
  #cutBack(): void {
    this.#damaged = true;
    ftruncateSync(this.#file, this.#length);
    this.#damaged = false;
  }

  #makeRoom(now: Date): void {
    if (this.#memory.size >= this.#most) {
      // The command at hand is fresh, which tells that the clock is right: the time may go on.
      this.#append({ line: "time", at: now.getTime() });
      this.#memory.forget();
    }
    if (this.#memory.size >= this.#most)
      throw new Failure("E_STORAGE", `Cannot accept a command: ${this.#most} have not expired yet`);
    if (this.#lines > 2 * this.#memory.size + SLACK) storing(this.#path, () => this.#rewrite());
  }

  /** Writes the file anew without what is forgotten: complete beside the old one, then over it. */
  #rewrite(): void {
    this.#memory.forget();
    const lines = Array.from(this.#memory.lines(), encodeLine);
    const bytes = Buffer.concat(lines);
    const beside = `${this.#path}.new`;
    rmSync(beside, { force: true });
    const file = openSync(beside, "ax", 0o600);
    try {
      appendFileSync(file, bytes);
      fsyncSync(file);
      renameSync(beside, this.#path);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    const [former, read] = [this.#file, this.#length];
    [this.#file, this.#lines, this.#length] = [file, lines.length, bytes.length];
    syncFolder(dirname(this.#path));
    for (const line of linesAfter(former, read)) this.#append(line);
    closeSync(former);
  }
}

/** What a former holder wrote after its file was read, and before another took its place: it was accepted. */
function linesAfter(file: number, position: number): readonly JournalLine[] {
  const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - position));
  readSync(file, bytes, 0, bytes.length, position);
  const lines = bytes.toString().split("\n").slice(0, -1);
  return lines.map((line, index) => readLine(line, index + 1));
}

const encodeLine = (line: JournalLine): Buffer => Buffer.from(`${JSON.stringify(line)}\n`);

function readLine(text: string, number: number): JournalLine {
  try {
    return journalLine.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`line ${number} is damaged`, { cause });
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function storing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Failure("E_STORAGE", `Cannot use the journal ${path}: ${reasonOf(cause)}`, {
      cause,
      transient: true,
    });
  }
}
