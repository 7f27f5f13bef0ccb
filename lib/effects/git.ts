import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "../failure.ts";
import { hasCode } from "./files.ts";
import { type Git, gitOn } from "./git/repository.ts";
import { git } from "./git/run.ts";

/**
 * Opens somebody's repository: a bare one, or a work tree's.
 * @throws {Failure} REPOSITORY_INVALID
 */
export function openRepository(path: string): Git {
  return gitOn(gitFolderOf(path), { heads: "refs/heads/", tags: "refs/tags/" });
}

/**
 * The folder of a repository that git reads hooks from: its own, or the one that core.hooksPath names.
 * @throws {Failure} REPOSITORY_INVALID
 */
export async function hooksFolder(path: string): Promise<string> {
  const folder = gitFolderOf(path);
  const configured = await git(folder, [
    "config",
    "--file",
    join(folder, "config"),
    "--default",
    "hooks",
    "--type=path",
    "--get",
    "core.hooksPath",
  ]);
  return resolve(folder, configured.toString("utf8").trim());
}

export type { Git, RefAt } from "./git/repository.ts";
export { blockedIn } from "./git/blocked.ts";
export { isDamage, type Mirrors, openMirrors } from "./git/mirrors.ts";
export { linkOut } from "./git/symlinks.ts";
export { layOut } from "./git/tree.ts";
export { moveHead } from "./git/work-tree.ts";

/** Where the refs and objects of a repository are. Found by looking, not by asking git: it would obey what it finds. */
function gitFolderOf(path: string): string {
  const found = [path, join(path, ".git")].find(
    (each) => isThere(join(each, "HEAD")) && isThere(join(each, "objects")),
  );
  if (found !== undefined) return resolve(found);
  throw new Failure("REPOSITORY_INVALID", `Cannot use ${path}: it is not a git repository`);
}

function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return false;
    throw error;
  }
}
