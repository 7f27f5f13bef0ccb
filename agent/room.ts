import { roomAt } from "../lib/effects/folders.ts";

/** Less room than this is none: who writes there fails. */
const NOTHING = { bytes: 64 * 1024, files: 1 };

/** Whether a disk is full, for programs that do not say why they cannot write. */
export async function isFull(folder: string): Promise<boolean> {
  const { bytes, files } = await roomAt(folder);
  return bytes < NOTHING.bytes || files < NOTHING.files;
}
