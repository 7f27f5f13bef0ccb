import { open, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { Failure, reasonOf } from "../failure.ts";
import { hasCode, READ_NOW, syncFolder, writeWhole } from "./files.ts";

/** When an entry of a journal is on disk: before `append` resolves, or with the next one that is. */
export type OnDisk = "now" | "later";

/** A file of JSON lines that only grows. What was appended is on disk when `append` resolves, unless it may be later. */
export interface Journal<Entry> {
  /** What was in it when it was opened, the oldest first. */
  readonly entries: readonly Entry[];
  /**
   * Adds an entry. `later`: it outlives this process at once, and a crash of the machine from the next entry on that is not.
   * @throws {Failure} E_STORAGE, and then nothing was written
   */
  readonly append: (entry: Entry, onDisk?: OnDisk) => Promise<void>;
  /** Replaces all that is in it, at once. */
  readonly replace: (entries: readonly Entry[]) => Promise<void>;
}

/**
 * Opens a journal. A last line that a crash cut short is cut off: whoever wrote it was never told that it was safe.
 * @throws {Failure} E_STORAGE when any other line cannot be read
 */
export async function openJournal<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<Journal<z.infer<Schema>>> {
  type Entry = z.infer<Schema>;
  const bytes = await readOrCreate(path);
  let size = bytes.lastIndexOf(10) + 1;
  if (size < bytes.length) await truncate(path, size);
  const entries = bytes
    .subarray(0, size)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line, index): Entry => parsed(line, schema, `${path}:${index + 1}`));

  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> =>
    (last = last.catch(() => undefined).then(work));
  const append = async (entry: Entry, onDisk: OnDisk) => {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    await write(path, line, size, onDisk);
    size += line.length;
  };
  const replace = async (kept: readonly Entry[]) => {
    const all = Buffer.from(kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    await writeWhole(path, all, 0o600);
    size = all.length;
  };
  return {
    entries,
    append: (entry, onDisk = "now") => inTurn(() => append(entry, onDisk)),
    replace: (kept) => inTurn(() => replace(kept)),
  };
}

async function readOrCreate(path: string): Promise<Buffer> {
  try {
    return await readFile(path, { flag: READ_NOW });
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw storage(path, error);
  }
  try {
    await (await open(path, "a", 0o600)).close();
    await syncFolder(dirname(path));
    return Buffer.alloc(0);
  } catch (error) {
    throw storage(path, error);
  }
}

async function write(path: string, line: Buffer, size: number, onDisk: OnDisk): Promise<void> {
  try {
    const handle = await open(path, "r+");
    try {
      await handle.write(line, 0, line.length, size);
      if (onDisk === "now") await handle.datasync();
    } catch (error) {
      // Half a line would spoil the next one.
      await handle.truncate(size).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storage(path, error);
  }
}

function parsed<Schema extends z.ZodType>(line: string, schema: Schema, where: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw new Failure("E_STORAGE", `Cannot read the journal: ${where} is damaged`, { cause });
  }
}

const storage = (path: string, cause: unknown): Failure =>
  new Failure("E_STORAGE", `Cannot write the journal ${path}: ${reasonOf(cause)}`, { cause });
