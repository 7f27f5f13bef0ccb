import type { Revision } from "../../schema/names.ts";
import { git } from "./run.ts";

/** What most file systems give away at once. */
const BLOCK = 4_096;

/** What the files of a revision take on a disk: bytes in whole blocks, and how many they are. */
export async function sizeOf(
  { folder }: { readonly folder: string },
  commit: Revision,
): Promise<{ readonly bytes: number; readonly files: number }> {
  const printed = (await git(folder, ["ls-tree", "-r", "-l", "-z", "--full-tree", commit])).toString(
    "latin1",
  );
  const sizes = printed
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => Math.ceil((Number(entry.split("\t", 1)[0]?.split(/ +/)[3]) || 0) / BLOCK) * BLOCK);
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), files: sizes.length };
}
