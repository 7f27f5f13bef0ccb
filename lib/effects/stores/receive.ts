import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, reasonOf } from "../../failure.ts";
import type { Sha256 } from "../../schema/artifacts.ts";
import { takeDigest } from "../digest.ts";
import { hasCode, kindOf, syncFolder } from "../files.ts";
import { sizeFrom } from "../folders.ts";
import type { OpenObject } from "./objects.ts";

interface Wanted {
  /** What it is, for people. */
  readonly what: string;
  readonly sha256: Sha256;
  /** More bytes than this are not taken. */
  readonly most: number;
}

type Open = (from: number) => Promise<OpenObject>;

/** Where the bytes lie until all of them are there. */
export const partOf = (path: string): string => `${path}.part`;

/**
 * Receives an object into a file, which has its name only once it is whole, on disk, and what it should be. Goes on where an
 * earlier try was cut off.
 * @throws {Failure} E_DIGEST, E_TAR_LIMIT, DISK_FULL, and whatever the store says
 */
export async function receive(open: Open, path: string, wanted: Wanted): Promise<void> {
  try {
    const begun = await sizeFrom(partOf(path), 0);
    // What was there may have been of something else.
    const found =
      (await fill(open, path, wanted, begun)) ?? (begun > 0 ? await fill(open, path, wanted, 0) : undefined);
    if (found === undefined)
      throw new Failure("E_DIGEST", `Cannot take ${wanted.what}: its SHA-256 is not ${wanted.sha256}`);
  } catch (cause) {
    if (!hasCode(cause, "ENOSPC") && !hasCode(cause, "EDQUOT")) throw cause;
    // What is there would only be in the way of making room.
    await rm(partOf(path), { force: true });
    throw new Failure("DISK_FULL", `Cannot take ${wanted.what}: ${reasonOf(cause)}`, { cause });
  }
}

/** Nothing where what came is something else; then it is gone again. */
async function fill(open: Open, path: string, wanted: Wanted, begun: number): Promise<true | undefined> {
  const part = partOf(path);
  const object = await open(begun);
  if (object.size > wanted.most) throw tooLarge(wanted);
  if (!(await append(object, part, wanted))) {
    await rm(part, { force: true });
    return undefined;
  }
  await rename(part, path);
  await syncFolder(dirname(path));
  return true;
}

async function append({ from, bytes }: OpenObject, part: string, wanted: Wanted): Promise<boolean> {
  const { add, taken } = takeDigest();
  if (from > 0) for await (const chunk of createReadStream(part) as AsyncIterable<Buffer>) add(chunk);
  const handle = await open(part, from > 0 && (await kindOf(part)) === "file" ? "a" : "w", 0o600);
  let size = from;
  try {
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > wanted.most) throw tooLarge(wanted);
      add(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return taken().sha256 === wanted.sha256;
}

const tooLarge = ({ what, most }: Wanted): Failure =>
  new Failure("E_TAR_LIMIT", `Cannot take ${what}: it has more than the ${most} bytes that are allowed`);
