import { chmod, link, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { hasCode, kindOf, makeFolder, readIfThere, syncFolder, writeWhole } from "./files.ts";
import { hooksFolder, openRepository } from "./git.ts";

/** What a repository's pushes are announced by. */
export interface Installation {
  readonly repository: string;
  readonly name: string;
  readonly spool: string;
  /** The file of the hook, as it is shipped. */
  readonly hook: string;
}

const HOOK = "post-receive";
/** What the shipped hook says of itself. */
const MARK = "Installed by `skein hook install`";
/** Where the hook of a repository finds what to announce, and where: a line each. */
const SETTINGS = "skein-hook";

/**
 * Installs the hook beside whatever is there: an older hook is called after ours, with the same input, and its exit status
 * counts. Doing it twice changes nothing.
 * @returns the file of the hook
 * @throws {Failure} REPOSITORY_INVALID or HOOK_REFUSED
 */
export async function installHook({ repository, name, spool, hook }: Installation): Promise<string> {
  const { folder } = openRepository(repository);
  if ([name, spool, folder].some((each) => /[\n\0]/.test(each)))
    throw refused("install the hook", repository, "a name or a path holds a line end");
  return explained("install the hook", repository, async () => {
    const hooks = await hooksFolder(repository);
    await makeFolder(hooks);
    await makeFolder(spool, 0o700);
    await insistWritable(spool, folder);
    const file = await placeIn(hooks);
    if (!(await isOurs(file))) await setAside(file);
    await writeWhole(join(folder, SETTINGS), `${name}\n${spool}\n`);
    await writeWhole(file, await readFile(hook), 0o755);
    // The mode of a new file is cut by the umask of whoever installs it.
    await chmod(file, 0o755);
    return file;
  });
}

/**
 * Takes the hook out, and puts back what was there before.
 * @returns the file of the hook
 * @throws {Failure} REPOSITORY_INVALID or HOOK_REFUSED
 */
export async function uninstallHook({ repository }: Pick<Installation, "repository">): Promise<string> {
  const { folder } = openRepository(repository);
  return explained("take out the hook", repository, async () => {
    const hooks = await hooksFolder(repository);
    const file = await placeIn(hooks);
    if (!(await isOurs(file))) throw refused("take out the hook", repository, `${file} is not Skein's`);
    await rm(join(folder, SETTINGS), { force: true });
    // A folder elsewhere may serve other repositories too: there the hook stays, and announces nothing of this one.
    if (!hooks.startsWith(join(folder, "/"))) return file;
    if ((await kindOf(beforeOf(file))) === undefined) await rm(file);
    else await rename(beforeOf(file), file);
    await syncFolder(hooks);
    return file;
  });
}

const beforeOf = (file: string): string => `${file}.before-skein`;

/** Where ours goes: a forge that owns the hook runs what lies in a folder beside it, and would replace anything else. */
async function placeIn(hooks: string): Promise<string> {
  const file = join(hooks, HOOK);
  const owned = (await textOf(file)) ?? "";
  const runsFolder = /post-receive\.d|basename/.test(owned) && (await kindOf(`${file}.d`)) === "folder";
  return runsFolder && !owned.includes(MARK) ? join(`${file}.d`, "skein") : file;
}

const isOurs = async (file: string): Promise<boolean> => (await textOf(file))?.includes(MARK) ?? false;

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

/** Who may push is often another user than who announces. */
async function insistWritable(spool: string, folder: string): Promise<void> {
  const [of, owner] = [await stat(spool), (await stat(folder)).uid];
  if (of.uid === owner || owner === 0 || (of.mode & 0o022) !== 0) return;
  throw new Error(
    `user ${owner}, who owns ${folder}, may not write to ${spool}: give it a group that both share, and mode 3770`,
  );
}

const refused = (what: string, repository: string, why: string, cause?: unknown): Failure =>
  new Failure("HOOK_REFUSED", `Cannot ${what} of ${repository}: ${why}`, { cause });

async function explained<Result>(
  what: string,
  repository: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return work().catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    const denied = ["EACCES", "EPERM", "EROFS"].some((code) => hasCode(error, code));
    const why = error instanceof Error ? error.message : String(error);
    throw refused(what, repository, denied ? `${why}; do it as the user who owns it` : why, error);
  });
}
