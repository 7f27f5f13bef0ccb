import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode, type Owner, writeWhole } from "./files.ts";

/**
 * Replaces a file that a server reads, and nobody else should: its mode is 0640, its owner and group stay. A new one gets the
 * group of its folder.
 */
export async function replaceServerFile(path: string, contents: string): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const former = await ownerOf(path);
  const gid = former?.gid ?? (await stat(dirname(path))).gid;
  // Only root may give a file away.
  await writeWhole(path, contents, 0o640, { uid: isRoot ? (former?.uid ?? 0) : -1, gid });
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  return stat(path).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
}
