import { roomAt } from "../lib/effects/folders.ts";
import { sizeOf } from "../lib/effects/git/size.ts";
import { Failure } from "../lib/failure.ts";
import type { Revision } from "../lib/schema/names.ts";

/** Files take whole blocks, and folders take room as well. */
const MARGIN = 1.2;

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
