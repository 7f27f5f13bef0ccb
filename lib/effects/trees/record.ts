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
const PER_CHUNK = 500;

/**
 * Writes a record. It is on disk once its file system is synced: a record that a power cut spoilt is known by its
 * digest, and only costs that nothing is shared with that release.
 */
export async function writeRecord(path: string, { files, ...rest }: FileRecord): Promise<void> {
  const chunks = [`${JSON.stringify(rest)}\0`];
  const pause = breather();
  for (let at = 0; at < files.length; at += PER_CHUNK) {
    chunks.push(
      files
        .slice(at, at + PER_CHUNK)
        .map(lineOf)
        .join(""),
    );
    await pause();
  }
  const body = Buffer.from(chunks.join(""), "latin1");
  await makeFolder(dirname(path));
  const temporary = `${path}.new`;
  await writeFile(temporary, Buffer.concat([body, Buffer.from(await digestOf(body))]), { mode: 0o600 });
  await rename(temporary, path);
}

const lineOf = ({ path, source, mode, size, mtime, inode, shared }: Written): string =>
  `${path}\0${source} ${mode} ${size} ${mtime} ${inode} ${shared ? 1 : 0}\0`;

/** Reads a record; undefined where there is none, or none that can be trusted. */
export async function readRecord(path: string): Promise<Former | undefined> {
  try {
    const bytes = await readFile(path, { flag: READ_NOW });
    const body = bytes.subarray(0, -DIGEST);
    if ((await digestOf(body)) !== bytes.toString("latin1", body.length)) return undefined;
    return parsed(body.toString("latin1"));
  } catch {
    return undefined;
  }
}

function parsed(text: string): Former {
  const end = text.indexOf("\0");
  let files: Promise<readonly Written[]> | undefined;
  return {
    ...header.parse(JSON.parse(text.slice(0, end))),
    files: () => (files ??= writtenIn(text.slice(end + 1))),
  };
}

async function writtenIn(text: string): Promise<readonly Written[]> {
  const fields = text.split("\0");
  const files: Written[] = [];
  const pause = breather();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [path = "", about = ""] = [fields[at], fields[at + 1]];
    const [source = 0, mode = 0, size = 0, mtime = 0, inode = 0, shared = 0] = about.split(" ").map(Number);
    files.push({ path, source, mode, size, mtime, inode, shared: shared === 1 });
    const rest = pause();
    if (rest !== undefined) await rest;
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
