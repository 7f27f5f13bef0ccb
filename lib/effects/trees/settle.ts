import { chmodSync, lchownSync, lstatSync } from "node:fs";
import { Failure } from "../../failure.ts";
import { breather } from "../../pace/breather.ts";
import type { Owner } from "../files.ts";
import { isLink, isSubmodule, type TreeFile } from "../git/listing.ts";
import { foldersOf, inFolder, readable } from "./bytes.ts";
import type { Sharing, Written } from "./record.ts";
import type { Survey } from "./survey.ts";

/** What no script may write into by accident, for other releases have it as well. */
const WRITE = 0o222;

/** Gives what was written of a source its mode, whatever the mask of this process is, and says how it lies there now. */
export async function settleFiles(
  { place, fresh, exports, source: { commit } }: Survey,
  source: number,
  into: string,
  sharing: Sharing,
): Promise<readonly Written[]> {
  const written: Written[] = [];
  const pause = breather();
  for (const file of fresh) {
    const path = place + file.path;
    const found = settle(inFolder(into, path), file, sharing);
    if (found !== undefined) written.push({ path, source, ...found });
    // What is not to be exported is not there; everything else has to be.
    else if (exports === "all")
      throw new Failure("GIT_FAILED", `Cannot write ${readable(path)} of ${commit}: it is not there`);
    const rest = pause();
    if (rest !== undefined) await rest;
  }
  return written;
}

function settle(path: string | Buffer, file: TreeFile, sharing: Sharing) {
  let status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  if (!isLink(file) && !isSubmodule(file)) {
    const mode = (file.mode === "100755" ? 0o755 : 0o644) & ~(sharing === "hardlink" ? WRITE : 0);
    if ((status.mode & 0o7777) !== mode) {
      chmodSync(path, mode);
      status = lstatSync(path);
    }
  }
  const { mode, size, mtimeMs: mtime, ino: inode } = status;
  return { mode, size, mtime, inode, shared: false };
}

/**
 * Gives folders their mode, and all that was made to its owner. Folders come last, the deepest first: what is in one may be
 * anything as soon as it is in the hands of somebody else.
 */
export async function settleFolders(
  files: readonly Written[],
  surveys: readonly Survey[],
  into: string,
  owner: Owner | undefined,
): Promise<void> {
  const pause = breather();
  if (owner !== undefined)
    for (const { path, shared } of files) {
      if (!shared) lchownSync(inFolder(into, path), owner.uid, owner.gid);
      await pause();
    }
  const places = surveys.map(({ place }) => place);
  for (const folder of [...foldersOf([...places, ...files.map(({ path }) => path)])].toReversed()) {
    settleFolder(inFolder(into, folder), owner);
    await pause();
  }
  settleFolder(into, owner);
}

function settleFolder(path: string | Buffer, owner: Owner | undefined): void {
  if ((lstatSync(path).mode & 0o777) !== 0o755) chmodSync(path, 0o755);
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
}
