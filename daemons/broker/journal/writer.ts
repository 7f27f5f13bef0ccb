import type { Buffer } from "node:buffer";
import type { Log } from "../log.ts";
import { compact } from "./compact.ts";
import type { Disk } from "./disk.ts";
import type { Entry, Journal } from "./entry.ts";
import { encodeRecord } from "./record.ts";
import type { Segment } from "./segment.ts";
import type { Stored } from "./stored.ts";

interface Append {
  readonly entries: readonly Entry[];
  readonly done: (error?: Error) => void;
}

/** What the journal writes to, and what is in it already. */
interface JournalState {
  readonly disk: Disk;
  readonly stored: Stored;
  readonly segment: Segment;
  readonly log: Log;
  /** No rewriting below this length. */
  readonly compactAbove: number;
}

/** Group commit: what comes while the disk is busy is written next, with one write and one sync for all of it. */
export class JournalWriter implements Journal {
  readonly #state: JournalState;
  #segment: Segment;
  #compactAbove: number;
  readonly #waiting: Append[] = [];
  /** Acknowledgements that could not be written. They have happened, and are written as soon as that is possible. */
  #owed: Entry[] = [];
  #flushing: Promise<void> | undefined;
  #torn = false;
  #closed = false;

  constructor(state: JournalState) {
    this.#state = state;
    this.#segment = state.segment;
    this.#compactAbove = state.compactAbove;
  }

  append(entries: readonly Entry[], done: (error?: Error) => void): void {
    if (this.#closed) {
      done(new Error("the broker is stopping"));
      return;
    }
    this.#waiting.push({ entries, done });
    this.#flushing ??= this.#flush();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    await this.#segment.file.close();
  }

  async #flush(): Promise<void> {
    // What the other connections have to write in this turn of the loop goes along.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      await this.#commit(this.#waiting.splice(0));
      await this.#compactWhereWorth();
    }
    this.#flushing = undefined;
  }

  async #commit(batch: readonly Append[]): Promise<void> {
    const error = await this.#write([{ entries: this.#owed }, ...batch]);
    const unwritten = error === undefined ? [] : batch.filter(({ entries }) => entries.every(isSettling));
    if (error === undefined) this.#owed = [];
    this.#owed.push(...unwritten.flatMap(({ entries }) => entries));
    for (const { entries, done } of batch) done(entries.length === 0 ? undefined : error);
  }

  async #write(appends: readonly Pick<Append, "entries">[]): Promise<Error | undefined> {
    const groups = appends.map(({ entries }) => entries).filter((entries) => entries.length > 0);
    if (groups.length === 0) return undefined;
    try {
      await this.#writeRecords(groups.map(encodeRecord));
    } catch (error) {
      this.#state.log({ level: "error", event: "journal.failed", error });
      await this.#cutBack();
      return error instanceof Error ? error : new Error(String(error));
    }
    for (const entry of groups.flat()) this.#state.stored.apply(entry);
    return undefined;
  }

  async #writeRecords(records: readonly Buffer[]): Promise<void> {
    const { file, length } = this.#segment;
    if (this.#torn) await file.truncate(length);
    this.#torn = false;
    await file.write(records, length);
    await file.sync();
    const written = records.reduce((sum, record) => sum + record.length, 0);
    this.#segment = { ...this.#segment, length: length + written };
  }

  /** Removes what half a write may have left, so that the next one does not follow garbage. */
  async #cutBack(): Promise<void> {
    this.#torn = true;
    try {
      await this.#segment.file.truncate(this.#segment.length);
      this.#torn = false;
    } catch (error) {
      this.#state.log({ level: "error", event: "journal.torn", error });
    }
  }

  async #compactWhereWorth(): Promise<void> {
    const { disk, stored, log, compactAbove } = this.#state;
    const { length } = this.#segment;
    if (length < this.#compactAbove || stored.weight * 2 > length) return;
    try {
      this.#segment = await compact(disk, stored, this.#segment);
      this.#compactAbove = compactAbove;
      log({ level: "info", event: "journal.compacted", before: length, after: this.#segment.length });
    } catch (error) {
      this.#compactAbove = length + compactAbove;
      log({ level: "warn", event: "journal.not-compacted", error });
    }
  }
}

const isSettling = ({ kind }: Entry): boolean => kind === "settled";
