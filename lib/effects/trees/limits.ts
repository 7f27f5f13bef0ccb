import { posix } from "node:path";
import { Failure } from "../../failure.ts";
import { breather } from "../../pace/breather.ts";
import { roomAt } from "../folders.ts";
import { contentsOf, isLink } from "../git/listing.ts";
import { staysInside } from "../git/symlinks.ts";
import { foldersOf, readable } from "./bytes.ts";
import type { Sharing } from "./record.ts";
import type { Survey } from "./survey.ts";

/** How large a release may be. */
export interface Limits {
  readonly files: number;
  readonly bytes: number;
}

/** What Linux takes as a path, its end included; and some of it for whoever works in the release. */
const LONGEST_PATH = 4_096 - 256;
const LONGEST_LINK = 4_095;
/** What most file systems give away at once. */
const BLOCK = 4_096;
/** Folders take room as well. */
const MARGIN = 1.2;

/**
 * That a release is no larger than it may be, before any of it is written.
 * @throws {Failure} TREE_LIMIT
 */
export function requireLimits(surveys: readonly Survey[], into: string, limits: Limits): void {
  let files = 0;
  let bytes = 0;
  for (const { kept, fresh, place } of surveys) {
    files += kept.length + fresh.length;
    for (const { size } of kept) bytes += size;
    for (const { path, size } of fresh) {
      bytes += size;
      const length = Buffer.byteLength(into) + 1 + place.length + path.length;
      if (length > LONGEST_PATH)
        throw refused(`the path of ${length} bytes that begins ${readable(path).slice(0, 100)} is too long`);
    }
  }
  if (files > limits.files) throw refused(`it has ${files} files, and may have ${limits.files}`);
  if (bytes > limits.bytes) throw refused(`it has ${bytes} bytes, and may have ${limits.bytes}`);
}

const refused = (why: string) => new Failure("TREE_LIMIT", `Cannot build a release: ${why}`);

/**
 * That no link leads out of the release, before any of it is written.
 * @throws {Failure} TREE_SYMLINK
 */
export async function requireInside(surveys: readonly Survey[]): Promise<void> {
  for (const { source, place, fresh } of surveys) {
    const links = fresh.filter(isLink);
    const long = links.find(({ size }) => size > LONGEST_LINK);
    if (long !== undefined) throw leadsOut(place + long.path, "a target that is too long");
    const targets = await contentsOf(
      source.git.folder,
      links.map(({ id }) => id),
    );
    for (const [index, { path }] of links.entries()) {
      const target = targets[index]?.toString("latin1") ?? "";
      if (!staysInside(posix.join(place, path), target)) throw leadsOut(place + path, readable(target));
    }
  }
}

const leadsOut = (path: string, target: string) =>
  new Failure("TREE_SYMLINK", `Cannot build a release: the link ${readable(path)} leads to ${target}`);

/**
 * That there is room for what is to be written, before the disk is filled by trying.
 * @throws {Failure} DISK_FULL
 */
export async function requireRoom(
  surveys: readonly Survey[],
  folder: string,
  sharing: Sharing,
): Promise<void> {
  const room = await roomAt(folder);
  let bytes = 0;
  let files = 0;
  const pause = breather();
  for (const { kept, fresh, place } of surveys) {
    for (const { size } of fresh) bytes += Math.ceil(size / BLOCK) * BLOCK;
    files += fresh.length + foldersOf([...kept, ...fresh].map(({ path }) => place + path)).size;
    if (sharing !== "hardlink") files += kept.length;
    await pause();
  }
  if (bytes * MARGIN <= room.bytes && files * MARGIN <= room.files) return;
  throw new Failure(
    "DISK_FULL",
    `Cannot build a release: it takes ${bytes} bytes in ${files} files, and there is room for ${room.bytes} bytes in ${room.files} files`,
  );
}
