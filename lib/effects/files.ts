import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readFile, realpath, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { exec } from "./exec.ts";

/** Whether an error of node:fs has this code. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** A name beside a path that nothing else has. */
const beside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);

/** Writes the entries of a folder to disk, so that a rename in it outlives a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whom a file belongs to, by numbers. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Replaces a file as a whole: whoever reads it finds the old contents or the new, also after a power cut. With an owner, its
 * mode is just what is asked for, whatever the mask of this process is.
 */
export async function writeWhole(
  path: string,
  contents: string | Uint8Array,
  mode = 0o644,
  owner?: Owner,
): Promise<void> {
  const temporary = beside(path);
  try {
    await writeSynced(temporary, contents, mode, owner);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeSynced(
  path: string,
  contents: string | Uint8Array,
  mode: number,
  owner: Owner | undefined,
): Promise<void> {
  const handle = await open(path, "wx", owner === undefined ? mode : 0o600);
  try {
    if (owner !== undefined) {
      await handle.chown(owner.uid, owner.gid);
      await handle.chmod(mode);
    }
    await handle.writeFile(contents);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Points a link at a target. Rename over the old link: readers see the old target or the new, never neither. */
export async function pointLink(link: string, target: string): Promise<void> {
  const temporary = beside(link);
  await symlink(target, temporary);
  try {
    await rename(temporary, link);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(link));
}

/** Writes all data of the file system that holds a path to disk (syncfs, by coreutils' `sync -f`). */
export async function syncData(path: string): Promise<void> {
  const { code, stderr } = await exec("sync", ["-f", "--", path], {
    env: { PATH: "/usr/bin:/bin" },
    timeout: 300_000,
  });
  if (code !== 0) throw new Error(`Cannot sync ${path}: ${stderr}`);
}

/** Makes a folder and those above it. */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  await mkdir(path, { recursive: true, mode });
}

/** Takes a file away, where it is there. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** Scripts may leave anything where a file is read: nobody waits for a pipe that nobody writes to. */
export const READ_NOW = constants.O_RDONLY | constants.O_NONBLOCK;

/** The text of a file, or undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, { encoding: "utf8", flag: READ_NOW }).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
}

/** Writes a file as a whole, unless it holds just that: what is the same costs no write to the disk. */
export async function keepAs(path: string, contents: string): Promise<void> {
  if ((await readIfThere(path)) !== contents) await writeWhole(path, contents);
}

/** What stands at a path, without following a link; undefined where there is nothing. */
export async function kindOf(path: string): Promise<"file" | "folder" | "link" | "other" | undefined> {
  const status = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  });
  if (status === undefined) return undefined;
  if (status.isSymbolicLink()) return "link";
  if (status.isDirectory()) return "folder";
  return status.isFile() ? "file" : "other";
}

/** Whether two paths lead to the same place; not where one of them leads nowhere. */
export async function samePlace(one: string, other: string): Promise<boolean> {
  try {
    return (await realpath(one)) === (await realpath(other));
  } catch {
    return false;
  }
}
