import { readdir, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../../failure.ts";
import { type RefName, refName } from "../../schema/names.ts";
import { keepAs } from "../files.ts";
import { git, type GitCall } from "./run.ts";

/** A lock this old belongs to a git that was killed; how long to wait before each new try. In milliseconds. */
const STALE = 5_000;
const DELAYS = [200, 1_000, STALE] as const;

/** Fetches all branches and tags into a mirror. A git that was killed leaves locks behind: they are waited for, then swept. */
export async function fetchRefs(folder: string, url: string): Promise<void> {
  for (const delay of DELAYS) {
    try {
      return await fetchOnce(folder, url);
    } catch (error) {
      if (!/\.lock'?: File exists|cannot lock ref|Unable to create .*\.lock/i.test(reasonOf(error)))
        throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
      await sweepLocks(folder);
    }
  }
  await fetchOnce(folder, url);
}

async function fetchOnce(folder: string, url: string): Promise<void> {
  const options = [
    "--quiet",
    "--upload-pack=git-upload-pack",
    "--no-tags",
    "--prune",
    "--force",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
  ];
  const refspecs = ["+refs/heads/*:refs/skein/heads/*", "+refs/tags/*:refs/skein/tags/*"];
  await git(folder, ["fetch", ...options, "--end-of-options", url, ...refspecs], await reaching(folder, url));
}

/** The branch that HEAD of a repository names. */
export async function defaultBranchOf(folder: string, url: string): Promise<RefName | undefined> {
  const args = ["ls-remote", "--symref", "--upload-pack=git-upload-pack", "--end-of-options", url, "HEAD"];
  const printed = await git(folder, args, await reaching(folder, url));
  const [, name] = /^ref: (\S+)\tHEAD$/m.exec(printed.toString("utf8")) ?? [];
  return refName.safeParse(name).data;
}

/** How git gets to a repository: to one of this machine only where the configuration names its folder. */
async function reaching(folder: string, url: string): Promise<GitCall> {
  if (!url.startsWith("/")) return {};
  return {
    localFiles: true,
    environment: { GIT_CONFIG_GLOBAL: await trusting(join(folder, "trusted"), url) },
  };
}

/**
 * Git reads no folder of another user unless a configuration of the caller names it. Ours does: the operator named the folder.
 * It must be a file, for git hands no `-c` on to the program at the other end.
 */
async function trusting(file: string, url: string): Promise<string> {
  const path = await realpath(url).catch(() => url);
  const quoted = [path, join(path, ".git")].map(
    (each) => `"${each.replace(/[\\"]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`)}"`,
  );
  await keepAs(file, `[safe]\n${quoted.map((each) => `\tdirectory = ${each}\n`).join("")}`);
  return file;
}

async function sweepLocks(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !(entry.name.endsWith(".lock") || entry.name.startsWith("tmp_"))) continue;
    const path = join(entry.parentPath, entry.name);
    const age =
      Date.now() -
      (await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      ));
    if (age > STALE) await rm(path, { force: true });
  }
}
