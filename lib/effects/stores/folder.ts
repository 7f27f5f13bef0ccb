import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, lstat, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure, reasonOf } from "../../failure.ts";
import { takeDigest } from "../digest.ts";
import { hasCode, kindOf, makeFolder, READ_NOW, removeFile, syncFolder, writeWhole } from "../files.ts";
import { namesIn } from "../folders.ts";
import type { Given, Objects, OpenObject } from "./objects.ts";

/** Artifacts in a folder: of this machine, or of a disk that several share. */
export function folderObjects(root: string): Objects {
  const at = (key: string) => join(root, key);
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if ((await kindOf(root)) === undefined)
      throw new Failure("STORE_UNREACHABLE", `Cannot use the store ${root}: the folder is not there`, {
        transient: true,
      });
    return work().catch((error: unknown) => {
      throw troubleWith(root, error);
    });
  };
  return {
    place: root,
    list: (folder) => guarded(() => list(at(folder))),
    open: (key, from = 0) => guarded(() => openFile(at(key), from)),
    add: (key, file) => guarded(() => add(root, at(key), file)),
    replace: (key, text) =>
      guarded(async () => {
        await makeFolder(dirname(at(key)));
        await writeWhole(at(key), text);
      }),
    remove: (key) =>
      guarded(async () => {
        if ((await kindOf(at(key))) !== undefined) await removeFile(at(key));
      }),
    sweep: (folder) => guarded(() => sweep(at(folder))),
  };
}

function troubleWith(root: string, error: unknown): unknown {
  if (hasCode(error, "ENOSPC") || hasCode(error, "EDQUOT"))
    return new Failure("DISK_FULL", `Cannot write to the store ${root}, for its disk is full`, {
      cause: error,
    });
  if (hasCode(error, "EACCES") || hasCode(error, "EPERM") || hasCode(error, "EROFS"))
    return new Failure("STORE_REFUSED", `Cannot use the store ${root}: ${reasonOf(error)}`, { cause: error });
  return error;
}

async function list(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return [];
    throw error;
  });
  // What begins with a dot is on its way.
  const seen = entries.filter(({ name }) => !name.startsWith("."));
  return {
    folders: seen.filter((each) => each.isDirectory()).map(({ name }) => name),
    objects: seen.filter((each) => each.isFile()).map(({ name }) => name),
  };
}

/** Whoever still writes to a file has touched it since, also from another machine. */
const STALE = 3_600_000;

async function sweep(folder: string): Promise<number> {
  let swept = 0;
  for (const name of await namesIn(folder)) {
    if (!/^\..+\.[0-9a-f]{12}\.tmp$/.test(name)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await lstat(path);
    if (Date.now() - mtimeMs < STALE) continue;
    await rm(path, { force: true });
    swept += 1;
  }
  return swept;
}

async function openFile(path: string, from: number): Promise<OpenObject | undefined> {
  const handle = await open(path, READ_NOW).catch((error: unknown) => {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  const status = await handle.stat();
  await handle.close();
  if (!status.isFile()) return undefined;
  const { size } = status;
  return { size, from, bytes: createReadStream(path, { start: from, flags: "r" }) };
}

/** Written beside its name and synced first: who reads finds all of it, or nothing, also after a power cut. */
async function add(root: string, path: string, file: Given): Promise<boolean> {
  if ((await kindOf(path)) !== undefined) return false;
  await makeFolder(dirname(path));
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await copySynced(file, temporary);
    if (!(await claim(temporary, path))) return false;
  } finally {
    await rm(temporary, { force: true });
  }
  for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder))
    await syncFolder(folder);
  return true;
}

/** Only one of two who put the same version at once gets the name. */
async function claim(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    // Some shared disks know no second names.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].some((code) => hasCode(error, code))) throw error;
    await rename(temporary, path);
    return true;
  }
}

async function copySynced(file: Given, path: string): Promise<void> {
  const handle = await open(path, "wx", 0o644);
  const { add, taken } = takeDigest();
  try {
    for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) {
      add(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (taken().sha256 !== file.sha256)
    throw new Failure("E_DIGEST", `Cannot put ${file.path}: it changed while it was read`);
}
