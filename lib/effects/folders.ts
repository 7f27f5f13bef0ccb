import { constants } from "node:fs";
import {
  lstat,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { exec } from "./exec.ts";
import { hasCode, type Owner, READ_NOW, syncFolder } from "./files.ts";

/** The names in a folder; none where there is no folder. */
export async function namesIn(path: string): Promise<readonly string[]> {
  return readdir(path).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  });
}

/** What a link says, or undefined where there is no link. */
export async function linkTarget(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: unknown) => {
    if (hasCode(error, "ENOENT") || hasCode(error, "EINVAL")) return undefined;
    throw error;
  });
}

/** Removes what stands at a path, with all that is in it. A link is removed, never followed. */
export async function removeAll(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** Removes a folder so that nobody ever finds half of it under its name. */
export async function removeWhole(path: string): Promise<void> {
  const doomed = join(dirname(path), `.tmp-gone-${basename(path)}`);
  await removeAll(doomed);
  try {
    await rename(path, doomed);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  await removeAll(doomed);
}

/** Gives a finished folder its name; both names are on one file system. What has the name already stays. */
export async function giveName(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Removes a link, so that its absence outlives a power cut. */
export async function removeLink(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** Room that is left on the file system of a path: bytes, and files where it counts them. */
export async function roomAt(path: string): Promise<{ readonly bytes: number; readonly files: number }> {
  const { bavail, bsize, ffree, files } = await statfs(path);
  return { bytes: bavail * bsize, files: files === 0 ? Number.MAX_SAFE_INTEGER : ffree };
}

/** Whether what a path leads to is a file that may be executed by anybody. */
export async function isExecutable(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() === true && (status.mode & 0o111) !== 0;
}

/** A part of a file, from an offset on; empty where there is no file or no more of it. */
export async function readFrom(path: string, offset: number, most: number): Promise<Buffer> {
  const handle = await open(path, READ_NOW).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (handle === undefined) return Buffer.alloc(0);
  try {
    const left = Math.min(most, Math.max(0, (await handle.stat()).size - offset));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(left), 0, left, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Gives a folder and all that is in it to a user, links themselves included. */
export async function giveTo(user: string, path: string): Promise<void> {
  const { code, stderr } = await exec("chown", ["-R", "-P", "-h", "--", `${user}:`, path], {
    env: { PATH: "/usr/bin:/bin" },
    timeout: 300_000,
  });
  if (code !== 0) throw new Error(`Cannot give ${path} to ${user}: ${stderr}`);
}

/** Whose a file or folder is; undefined where there is none. */
export async function ownerOf(path: string): Promise<number | undefined> {
  const status = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  return status?.uid;
}

/** A user and their group, by numbers. */
export async function namedOwner(user: string): Promise<Owner> {
  const [uid, gid] = await Promise.all(["-u", "-g"].map((which) => idOf(user, which)));
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

async function idOf(user: string, which: string): Promise<number> {
  const { code, stdout } = await exec("id", [which, "--", user], {
    env: { PATH: "/usr/bin:/bin" },
    timeout: 10_000,
  });
  const id = Number(stdout.toString("latin1").trim());
  if (code === 0 && Number.isSafeInteger(id)) return id;
  throw new Error(`There is no user ${user} on this host`);
}

/** Whose a folder is, by numbers, for what is put into it. */
export async function ownershipOf(path: string): Promise<Owner> {
  const { uid, gid } = await lstat(path);
  return { uid, gid };
}

/** How many bytes a file has from an offset on. */
export async function sizeFrom(path: string, offset: number): Promise<number> {
  const status = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  return Math.max(0, (status?.size ?? 0) - offset);
}

/** As `READ_NOW`: a pipe that nobody reads from is not written to. */
const WRITE_NOW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;

/** Writes a file that nobody misses after a power cut. */
export async function writeLoose(path: string, contents: string, mode = 0o600): Promise<void> {
  await writeFile(path, contents, { mode, flag: WRITE_NOW });
}

/** A path without any link in it. */
export async function realPath(path: string): Promise<string> {
  return realpath(path);
}
