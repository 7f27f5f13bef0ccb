import { chmod, link, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { codeOf, Failure } from "../failure.ts";
import { hasCode, kindOf, makeFolder, readIfThere, syncFolder, writeWhole } from "./files.ts";
import { namesIn } from "./folders.ts";
import { hooksFolder, openRepository } from "./git.ts";
import { isSvn } from "./svn.ts";

/** What a repository's pushes are announced by. */
export interface Installation {
  readonly repository: string;
  readonly name: string;
  readonly spool: string;
  /** The hook for pushes, as it is shipped; those for commits lie beside it. */
  readonly hook: string;
}

/** What the shipped hooks say of themselves. */
const MARK = "Installed by `skein hook install`";
/** Where the hook of a repository finds what to announce, and where: a line each. */
export const SETTINGS = "skein-hook";

/** Where a repository has its hooks, and which of the shipped ones go there under which names. */
interface Target {
  /** The folder that the settings of the hook are in. */
  readonly folder: string;
  readonly hooks: () => Promise<string>;
  readonly scripts: Readonly<Record<string, string>>;
}

const PUSHES = { "post-receive": "post-receive" };
const COMMITS = { "post-commit": "post-commit", "post-merge": "post-commit", "post-rewrite": "post-commit" };

/** @throws {Failure} REPOSITORY_INVALID */
async function targetOf(repository: string): Promise<Target> {
  if (await isSvn(repository)) {
    const folder = resolve(repository);
    return {
      folder,
      hooks: () => Promise.resolve(join(folder, "hooks")),
      scripts: { "post-commit": "svn-post-commit" },
    };
  }
  const { folder } = openRepository(repository);
  const scripts = basename(folder) === ".git" ? { ...PUSHES, ...COMMITS } : PUSHES;
  return { folder, hooks: () => hooksFolder(repository), scripts };
}

/**
 * Installs the hooks of a repository of git or of Subversion beside whatever is there: an older hook is called after ours, with
 * the same input, and its exit status counts. Doing it twice changes nothing.
 * @returns the files of the hooks
 * @throws {Failure} REPOSITORY_INVALID or HOOK_REFUSED
 */
export async function installHook({ repository, name, spool, hook }: Installation): Promise<string[]> {
  const { folder, hooks: hooksOf, scripts } = await targetOf(repository);
  return explained("install the hook", repository, async () => {
    const hooks = await hooksOf();
    await prepareSpool(spool, folder, name);
    await makeFolder(hooks);
    await writeWhole(join(folder, SETTINGS), `${name}\n${spool}\n`);
    const files: string[] = [];
    for (const [called, script] of Object.entries(scripts)) {
      const file = await placeIn(hooks, called);
      await placeHook(file, join(dirname(hook), script));
      files.push(file);
    }
    return files;
  });
}

/**
 * Takes the hooks out, and puts back what was there before.
 * @returns the files of the hooks
 * @throws {Failure} REPOSITORY_INVALID or HOOK_REFUSED
 */
export async function uninstallHook({ repository }: Pick<Installation, "repository">): Promise<string[]> {
  const { folder, hooks: hooksOf, scripts } = await targetOf(repository);
  return explained("take out the hook", repository, async () => {
    const hooks = await hooksOf();
    const files = await Promise.all(Object.keys(scripts).map((called) => placeIn(hooks, called)));
    const ours: string[] = [];
    for (const file of files) if (await isOurs(file)) ours.push(file);
    if (ours.length === 0) throw new Error(`${files.join(", ")}: no hook of Skein's is there`);
    await rm(join(folder, SETTINGS), { force: true });
    // A folder elsewhere may serve other repositories too: there the hook stays, and announces nothing of this one.
    if (hooks.startsWith(join(folder, "/"))) for (const file of ours) await takeOut(file);
    return ours;
  });
}

/** Whether a repository has the hook, or one that serves it among others, and is announced under a name; undefined where it is not there. */
export async function isAnnounced(repository: string, name: string): Promise<boolean | undefined> {
  const target = await targetOf(repository).catch((error: unknown) => {
    if (codeOf(error) === "REPOSITORY_INVALID") return undefined;
    throw error;
  });
  if (target === undefined) return undefined;
  const settings = await readIfThere(join(target.folder, SETTINGS));
  return settings === undefined ? isCommon(await target.hooks()) : settings.split("\n")[0] === name;
}

/** Whether the hook in a folder is one that serves many repositories, whose settings are elsewhere. */
async function isCommon(hooks: string): Promise<boolean> {
  const called = (await namesIn(hooks)).filter((each) => /^post-receive(\.h\d\d-.*)?$/.test(each));
  for (const each of called) if (await isOurs(join(hooks, each))) return true;
  return false;
}

/** Puts a hook in its place, and what is there aside. */
export async function placeHook(file: string, script: string): Promise<void> {
  if (!(await isOurs(file))) await setAside(file);
  await writeWhole(file, await readFile(script), 0o755);
  // The mode of a new file is cut by the umask of whoever installs it.
  await chmod(file, 0o755);
}

/** Takes a hook out of its place, and puts back what was there. */
export async function takeOut(file: string): Promise<void> {
  if ((await kindOf(beforeOf(file))) === undefined) await rm(file);
  else await rename(beforeOf(file), file);
  await syncFolder(dirname(file));
}

/** What a hook that was there before is called from then on. */
export const beforeOf = (file: string): string => `${file}.before-skein`;

/** Where ours goes: a forge that owns the hook runs what lies in a folder beside it, and would replace anything else. */
async function placeIn(hooks: string, called: string): Promise<string> {
  const file = join(hooks, called);
  const owned = (await textOf(file)) ?? "";
  const runsFolder =
    (owned.includes(`${called}.d`) || owned.includes("basename")) && (await kindOf(`${file}.d`)) === "folder";
  return runsFolder && !owned.includes(MARK) ? join(`${file}.d`, "skein") : file;
}

export const isOurs = async (file: string): Promise<boolean> => (await textOf(file))?.includes(MARK) ?? false;

async function textOf(file: string): Promise<string | undefined> {
  const kind = await kindOf(file);
  return kind === "file" || kind === "link" ? readIfThere(file) : undefined;
}

/** Gives what is there a second name, so that at no time there is no hook: ours is then renamed over the first. */
async function setAside(file: string): Promise<void> {
  const kind = await kindOf(file);
  if (kind === undefined) return;
  if (kind === "folder" || kind === "other") throw new Error(`${file} is not a file`);
  if ((await kindOf(beforeOf(file))) !== undefined)
    throw new Error(`both ${file} and ${beforeOf(file)} are there and neither is Skein's: keep one of them`);
  await link(file, beforeOf(file));
}

/**
 * Makes the spool, and sees that the owner of a folder, as whom its hooks run, may write to it: who may push is often another user
 * than who announces.
 */
export async function prepareSpool(spool: string, folder: string, name: string): Promise<void> {
  if ([name, spool, folder].some((each) => /[\n\0]/.test(each)))
    throw new Error("a name or a path holds a line end");
  await makeFolder(spool, 0o700);
  const [of, owner] = [await stat(spool), (await stat(folder)).uid];
  if (of.uid === owner || owner === 0 || (of.mode & 0o022) !== 0) return;
  throw new Error(
    `user ${owner}, who owns ${folder}, may not write to ${spool}: give it a group that both share, and mode 3770`,
  );
}

/**
 * Does work on the hooks of a place, and tells what stood in the way.
 * @throws {Failure} HOOK_REFUSED
 */
export async function explained<Result>(
  what: string,
  place: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return work().catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    const denied = ["EACCES", "EPERM", "EROFS"].some((code) => hasCode(error, code));
    const said = error instanceof Error ? error.message : String(error);
    const why = denied ? `${said}; do it as the user who owns it` : said;
    throw new Failure("HOOK_REFUSED", `Cannot ${what} of ${place}: ${why}`, { cause: error });
  });
}
