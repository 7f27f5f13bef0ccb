import { constants } from "node:fs";
import { chmod, link, mkdir, open, stat, symlink } from "node:fs/promises";
import { Failure, reasonOf } from "../../failure.ts";
import { hasCode } from "../files.ts";
import { removeAll } from "../folders.ts";
import { type Entry, type Limits, openCensus } from "./census.ts";
import { shown } from "./header.ts";
import { type Member, readTar } from "./read.ts";
import { unpackedBytes } from "./unpacked.ts";

/** Below this much, nothing is too well packed. */
const ALWAYS_ALLOWED = 16 * 1024 * 1024;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Unpacks an archive into a folder that must not be there yet, without the one folder that everything in it lies in. Links are
 * made last, so that nothing is ever written through one. Where anything is wrong with any member, nothing is left.
 * @throws {Failure} with a code of its own for each thing that may be wrong, or DISK_FULL
 */
export async function unpackTar(path: string, into: string, limits: Limits): Promise<void> {
  await mkdir(into, { mode: 0o755 });
  try {
    await unpackInto(path, into, limits);
  } catch (error) {
    await removeAll(into);
    if (!hasCode(error, "ENOSPC") && !hasCode(error, "EDQUOT")) throw error;
    throw new Failure("DISK_FULL", `Cannot unpack the archive, for the disk is full: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function unpackInto(path: string, into: string, limits: Limits): Promise<void> {
  const census = openCensus(limits);
  const at = placesBelow(into);
  const folders = new Set<string>();
  const links: Extract<Entry, { kind: "link" }>[] = [];
  const { size } = await stat(path);
  for await (const member of readTar(within(unpackedBytes(path), size, limits))) {
    const entry = census.admit(member);
    if (entry === undefined) continue;
    requireRoomFor(member, limits);
    if (entry.kind === "link") links.push(entry);
    else await make(entry, member, at, folders);
  }
  census.conclude();
  for (const { path: place, target } of links) {
    await makeFolders(parentOf(place), at, folders);
    await symlink(Buffer.from(target, "latin1"), at(place));
  }
}

type At = (path: string) => Buffer;

/** Names are bytes; the folder that they are below has a name of ours. */
function placesBelow(folder: string): At {
  const above = Buffer.from(`${folder}/`);
  return (path) => Buffer.concat([above, Buffer.from(path, "latin1")]);
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

async function make(
  entry: Exclude<Entry, { kind: "link" }>,
  member: Member,
  at: At,
  folders: Set<string>,
): Promise<void> {
  const { kind, path } = entry;
  if (kind === "folder") {
    await makeFolders(path, at, folders);
    await chmod(at(path), entry.mode);
    return;
  }
  await makeFolders(parentOf(path), at, folders);
  if (kind === "name") await link(at(entry.of), at(path));
  else await writeFile(at(path), entry, member);
}

async function makeFolders(path: string, at: At, made: Set<string>): Promise<void> {
  if (path === "" || made.has(path)) return;
  await makeFolders(parentOf(path), at, made);
  await mkdir(at(path));
  await chmod(at(path), 0o755);
  made.add(path);
}

async function writeFile(
  path: Buffer,
  { mode, mtime }: Extract<Entry, { kind: "file" }>,
  { contents }: Member,
): Promise<void> {
  const handle = await open(path, NEW_FILE, 0o600);
  try {
    for await (const chunk of contents()) await handle.writeFile(chunk);
    await handle.chmod(mode);
    await handle.utimes(mtime, mtime);
  } finally {
    await handle.close();
  }
}

/** A header may promise more than ever comes: what is too much is too much at once. */
function requireRoomFor({ name, size }: Member, limits: Limits): void {
  if (size > limits.size) throw tooMuch(`${shown(name)} alone has ${size} bytes`, limits);
}

/** Stops at the limit, not after it. */
async function* within(
  bytes: AsyncIterable<Buffer>,
  packed: number,
  limits: Limits,
): AsyncGenerator<Buffer, void> {
  let sum = 0;
  for await (const chunk of bytes) {
    sum += chunk.length;
    if (sum > limits.size) throw tooMuch("it has more", limits);
    if (sum > Math.max(ALWAYS_ALLOWED, packed * limits.ratio))
      throw new Failure(
        "E_TAR_LIMIT",
        `Cannot unpack the archive: its ${packed} bytes come to more than ${limits.ratio} times as many`,
      );
    yield chunk;
  }
}

const tooMuch = (why: string, { size }: Limits): Failure =>
  new Failure("E_TAR_LIMIT", `Cannot unpack the archive: ${why}, and ${size} bytes are allowed`);
