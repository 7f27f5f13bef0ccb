import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { breather } from "../../pace/breather.ts";
import { revision } from "../../schema/names.ts";
import { makeFolder, READ_NOW } from "../files.ts";
import type { BytePath } from "./bytes.ts";

/** A file as it was written into a release. */
export interface Written {
  readonly path: BytePath;
  /** Which of the sources it comes from. */
  readonly source: number;
  /** Kind and permissions, as lstat has them. */
  readonly mode: number;
  readonly size: number;
  /** Milliseconds. */
  readonly mtime: number;
  readonly inode: number;
  /** Whether the former release has the same file. */
  readonly shared: boolean;
}

const header = z.object({
  /** How files are shared with other releases: those of another kind cannot be. */
  sharing: z.enum(["reflink", "hardlink", "none"]),
  /** The release that files were taken from. */
  base: z.string().nullable(),
  sources: z.array(
    z.object({
      at: z.string(),
      commit: revision,
      /** What its .gitattributes say of what is exported: that files are left out, or that their contents are filled in. */
      exports: z.enum(["all", "some", "filled-in"]),
    }),
  ),
});

const counted = header.extend({ count: z.int() });

/** What was written into a release, to see at the next one what of it is still as it was. */
export interface FileRecord extends z.infer<typeof header> {
  readonly files: readonly Written[];
}

/** A record that was read. Its files come only when they are asked for, so that git can find out meanwhile what changed. */
export interface Former extends z.infer<typeof header> {
  readonly files: () => Promise<readonly Written[]>;
}

export type Sharing = FileRecord["sharing"];
export type Exports = FileRecord["sources"][number]["exports"];

const DIGEST = 64;
/** What is known of each file, beside its path: numbers of eight bytes, so that thousands are read without parsing. */
const COLUMNS = 6;
const CELL = Float64Array.BYTES_PER_ELEMENT;

/**
 * Writes a record: what it is about, the paths, a table of numbers, the digest. It is on disk once its file system is synced:
 * a record that a power cut spoilt is known by its digest, and only costs that nothing is shared with that release.
 */
export async function writeRecord(path: string, { files, ...rest }: FileRecord): Promise<void> {
  const table = new Float64Array(files.length * COLUMNS);
  const about = `${JSON.stringify({ ...rest, count: files.length })}\0`;
  const paths: string[] = [];
  const pause = breather();
  let cell = 0;
  for (const { path: name, source, mode, size, mtime, inode, shared } of files) {
    paths.push(name, "\0");
    for (const value of [source, mode, size, mtime, inode, shared ? 1 : 0]) table[cell++] = value;
    const due = pause();
    if (due !== undefined) await due;
  }
  const body = Buffer.concat([
    Buffer.from(about),
    Buffer.from(paths.join(""), "latin1"),
    Buffer.from(table.buffer),
  ]);
  await makeFolder(dirname(path));
  const temporary = `${path}.new`;
  await writeFile(temporary, Buffer.concat([body, Buffer.from(await digestOf(body))]), { mode: 0o600 });
  await rename(temporary, path);
}

/** Reads a record; undefined where there is none, or none that can be trusted. */
export async function readRecord(path: string): Promise<Former | undefined> {
  try {
    const bytes = await readFile(path, { flag: READ_NOW });
    const body = bytes.subarray(0, -DIGEST);
    if ((await digestOf(body)) !== bytes.toString("latin1", body.length)) return undefined;
    return parsed(body);
  } catch {
    return undefined;
  }
}

function parsed(body: Buffer): Former {
  const end = body.indexOf(0);
  const { count, ...rest } = counted.parse(JSON.parse(body.toString("utf8", 0, end)));
  const table = body.length - count * COLUMNS * CELL;
  const read = () =>
    writtenIn(body.toString("latin1", end + 1, table).split("\0"), numbersIn(body.subarray(table)));
  let files: Promise<readonly Written[]> | undefined;
  return { ...rest, files: () => (files ??= read()) };
}

/** A table of numbers begins where the paths end, which is anywhere: typed arrays want it at a multiple of eight. */
const numbersIn = (bytes: Buffer): Float64Array => new Float64Array(new Uint8Array(bytes).buffer);

async function writtenIn(paths: readonly string[], table: Float64Array): Promise<readonly Written[]> {
  const files: Written[] = [];
  const pause = breather();
  for (let cell = 0; cell < table.length; cell += COLUMNS) {
    const at = (column: number) => table[cell + column] ?? 0;
    const path = paths[files.length] ?? "";
    files.push({
      path,
      source: at(0),
      mode: at(1),
      size: at(2),
      mtime: at(3),
      inode: at(4),
      shared: at(5) === 1,
    });
    const due = pause();
    if (due !== undefined) await due;
  }
  return files;
}

/** How much is hashed at a time. */
const SLICE = 1024 * 1024;

async function digestOf(body: Buffer): Promise<string> {
  const hash = createHash("sha256");
  const pause = breather();
  for (let at = 0; at < body.length; at += SLICE) {
    hash.update(body.subarray(at, at + SLICE));
    await pause();
  }
  return hash.digest("hex");
}
