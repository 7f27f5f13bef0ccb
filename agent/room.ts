import { roomAt } from "../lib/effects/folders.ts";
import { sizeOf } from "../lib/effects/git/size.ts";
import { Failure } from "../lib/failure.ts";
import type { Revision } from "../lib/schema/names.ts";

/** Folders take room as well. */
const MARGIN = 1.2;
/** Less room than this is none: who writes there fails. */
const NOTHING = { bytes: 64 * 1024, files: 1 };

/**
 * Looks whether a release can be built at all, before the disk is filled by trying.
 * @throws {Failure} DISK_FULL
 */
export async function requireRoom(
  mirror: { readonly folder: string },
  revision: Revision,
  folder: string,
): Promise<void> {
  const [need, room] = await Promise.all([sizeOf(mirror, revision), roomAt(folder)]);
  if (need.bytes * MARGIN <= room.bytes && need.files * MARGIN <= room.files) return;
  const [wanted, left] = [need, room].map(({ bytes, files }) => `${bytes} bytes in ${files} files`);
  throw new Failure("DISK_FULL", `Cannot build a release: it takes ${wanted}, and there is room for ${left}`);
}

/** Whether a disk is full, for programs that do not say why they cannot write. */
export async function isFull(folder: string): Promise<boolean> {
  const { bytes, files } = await roomAt(folder);
  return bytes < NOTHING.bytes || files < NOTHING.files;
}
