import { createHash } from "node:crypto";
import type { TreeFile } from "./listing.ts";

/** What comes before the id of an entry: what was seen of a file, which nobody has seen here, and its mode. */
const [BEFORE_ID, MODE_AT] = [40, 24];
const FLAGS = 2;
const HEADER = 12;
/** Longer names say that they are longer; git looks for their end. */
const LONGEST_NAMED = 0xfff;

/**
 * The index of files that git has not looked at yet, version 2 (gitformat-index(5)): what `update-index --index-info` makes of
 * them, without another process.
 */
export function indexOf(files: readonly TreeFile[]): Buffer {
  const header = Buffer.alloc(HEADER);
  header.write("DIRC", "latin1");
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(files.length, 8);
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const body = Buffer.concat([header, ...sorted.map(entryOf)]);
  // The longer ids are those of repositories with SHA-256, and so is the end of their index.
  const algorithm = files[0]?.id.length === 64 ? "sha256" : "sha1";
  return Buffer.concat([body, createHash(algorithm).update(body).digest()]);
}

function entryOf({ path, mode, id }: TreeFile): Buffer {
  const digest = id.length / 2;
  const named = BEFORE_ID + digest + FLAGS;
  // At least one byte of nothing ends the name, and every entry begins at a multiple of eight.
  const entry = Buffer.alloc((named + path.length + 8) & ~7);
  entry.writeUInt32BE(Number.parseInt(mode, 8), MODE_AT);
  entry.write(id, BEFORE_ID, "hex");
  entry.writeUInt16BE(Math.min(path.length, LONGEST_NAMED), BEFORE_ID + digest);
  entry.write(path, named, "latin1");
  return entry;
}
