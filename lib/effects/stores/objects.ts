import type { Digest } from "../digest.ts";
import { Failure } from "../../failure.ts";

/** An object of a store, from some byte on. */
export interface OpenObject {
  /** Of all of it. */
  readonly size: number;
  /** The first byte that comes: not the one that was asked for, where a server gives all or nothing. */
  readonly from: number;
  readonly bytes: AsyncIterable<Buffer>;
}

/** A file of this machine, and what it must be when it has arrived. */
export interface Given extends Digest {
  readonly path: string;
}

/** Where artifacts are kept, as objects under names with slashes. Every kind of store comes down to this. */
export interface Objects {
  /** Where it is, for people. */
  readonly place: string;
  /** What lies right in a folder: names of folders and of objects, in no order. */
  readonly list: (
    folder: string,
  ) => Promise<{ readonly folders: readonly string[]; readonly objects: readonly string[] }>;
  readonly open: (key: string, from?: number) => Promise<OpenObject | undefined>;
  /** Adds an object, whole or not at all; false where one of that name is there. */
  readonly add: (key: string, file: Given) => Promise<boolean>;
  /** Puts a small object in the place of another, at once. */
  readonly replace: (key: string, text: string) => Promise<void>;
  /** Takes an object away, where it is there. */
  readonly remove: (key: string) => Promise<void>;
  /** Removes what those who were killed while they added left in a folder; answers how much. Left out where nothing can stay. */
  readonly sweep?: (folder: string) => Promise<number>;
}

const MOST_TEXT = 128 * 1024;

/** The text of a small object; nothing where there is none. */
export async function textOf(objects: Objects, key: string): Promise<string | undefined> {
  const object = await objects.open(key);
  if (object === undefined) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of object.bytes) {
    size += chunk.length;
    if (size > MOST_TEXT)
      throw new Failure("ARTIFACT_INVALID", `Cannot read ${key} of ${objects.place}: it is too large`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
