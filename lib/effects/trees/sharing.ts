import { randomBytes } from "node:crypto";
import {
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  type Stats,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { copyFile, link, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { breather } from "../../pace/breather.ts";
import { hasCode } from "../files.ts";
import { type BytePath, inFolder, parentOf } from "./bytes.ts";
import type { Sharing, Written } from "./record.ts";

const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE, S_IFDIR, S_IFLNK, S_IFMT } = constants;
const CLONE = COPYFILE_EXCL | COPYFILE_FICLONE_FORCE;

/** The first of the ways that are allowed that the file system of a folder knows. */
export async function sharingIn(
  folder: string,
  allowed: readonly Exclude<Sharing, "none">[],
): Promise<Sharing> {
  if (allowed.length === 0) return "none";
  const probe = join(folder, `.tmp-probe-${randomBytes(6).toString("hex")}`);
  const twin = `${probe}-twin`;
  const ways = { reflink: () => copyFile(probe, twin, CLONE), hardlink: () => link(probe, twin) };
  try {
    await writeFile(probe, "skein\n", { flag: "wx" });
    for (const way of ["reflink", "hardlink"] as const) {
      if (!allowed.includes(way)) continue;
      const known = await ways[way]().then(
        () => true,
        () => false,
      );
      if (known) return way;
    }
    return "none";
  } finally {
    await rm(twin, { force: true });
    await rm(probe, { force: true });
  }
}

export const kindIn = (mode: number): "folder" | "link" | "file" =>
  (mode & S_IFMT) === S_IFDIR ? "folder" : (mode & S_IFMT) === S_IFLNK ? "link" : "file";

/** Whether this is the very file that was written then, and nobody wrote into it since. */
export const isAsWritten = (status: Stats, { mode, size, mtime, inode }: Written): boolean =>
  status.ino === inode && status.mtimeMs === mtime && status.size === size && status.mode === mode;

/** Which files came over from another release, and which did not, for whatever reason. */
export interface Shared {
  readonly taken: readonly Written[];
  readonly missed: readonly Written[];
}

/**
 * Takes files over from another release. What lies there now may be anything, and may change while it is looked at:
 * a file is held by a link of our own first, and kept only if that leads to the file that was written then.
 */
export async function shareFiles(
  way: Exclude<Sharing, "none">,
  from: string,
  into: string,
  files: readonly Written[],
  uid?: number,
): Promise<Shared> {
  const taken: Written[] = [];
  const missed: Written[] = [];
  const folders = folderMaker(into);
  const pause = breather();
  for (const file of files) {
    const came = takeOver({ way, from, into, uid, folders }, file);
    if (came === undefined) missed.push(file);
    else taken.push(came);
    const rest = pause();
    if (rest !== undefined) await rest;
  }
  return { taken, missed };
}

/** Where files are taken from, and how. */
interface Taking {
  readonly way: Exclude<Sharing, "none">;
  readonly from: string;
  readonly into: string;
  /** Whose a file has to be, where that matters. */
  readonly uid: number | undefined;
  readonly folders: (path: BytePath) => void;
}

function takeOver({ way, from, into, uid, folders }: Taking, file: Written): Written | undefined {
  const target = inFolder(into, file.path);
  let held = false;
  try {
    if (kindIn(file.mode) === "folder") {
      folders(file.path);
      return sharedAs(file, false);
    }
    folders(parentOf(file.path));
    linkSync(inFolder(from, file.path), target);
    held = true;
    const status = lstatSync(target);
    if (isAsWritten(status, file) && (uid === undefined || status.uid === uid))
      return way === "hardlink" || kindIn(file.mode) === "link"
        ? sharedAs(file, way === "hardlink")
        : cloned(into, target, file);
  } catch {
    // Whatever it is: the file can be had from the mirror.
  }
  if (held) removeIfThere(target);
  return undefined;
}

const sharedAs = (file: Written, shared: boolean): Written =>
  file.shared === shared ? file : { ...file, shared };

/** Puts a copy of its own in the place of a link; the time stays, for caches go by it. */
function cloned(into: string, target: string | Buffer, file: Written): Written | undefined {
  const held = join(into, `.skein-held-${randomBytes(6).toString("hex")}`);
  linkSync(target, held);
  try {
    unlinkSync(target);
    copyFileSync(held, target, CLONE);
    const before = lstatSync(held);
    if (!isAsWritten(before, file)) throw new Error("It changed meanwhile");
    utimesSync(target, before.atimeMs / 1_000, before.mtimeMs / 1_000);
    const { ino, mtimeMs, mode } = lstatSync(target);
    return { ...file, inode: ino, mtime: mtimeMs, mode, shared: false };
  } finally {
    unlinkSync(held);
  }
}

function removeIfThere(path: string | Buffer): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

/** Makes folders in a folder, each once. */
export function folderMaker(into: string): (path: BytePath) => void {
  const made = new Set<BytePath>([""]);
  const make = (path: BytePath) => {
    if (made.has(path)) return;
    make(parentOf(path));
    const folder = inFolder(into, path);
    try {
      mkdirSync(folder, 0o755);
    } catch (error) {
      // A link that leads to a folder is none: what is written into that would be written elsewhere.
      if (!hasCode(error, "EEXIST") || !lstatSync(folder).isDirectory()) throw error;
    }
    made.add(path);
  };
  return make;
}
