import { readlink, rm, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exec } from "./exec.ts";
import { kindOf, makeFolder, writeWhole } from "./files.ts";
import { namesIn } from "./folders.ts";
import { beforeOf, explained, isOurs, placeHook, prepareSpool, SETTINGS, takeOut } from "./hooks.ts";

/** How gitolite is told to announce what it serves. */
interface Gitolite {
  /** The home folder of the user that gitolite runs as. */
  readonly home: string;
  readonly spool: string;
  /** The hook for pushes, as it is shipped. */
  readonly hook: string;
  /** Whether only those repositories are announced whose configuration names the hook. */
  readonly perRepository: boolean;
}

/** Where things are, as gitolite's own configuration says. */
interface Layout {
  readonly admin: string;
  readonly repositories: string;
  readonly local: string | undefined;
  /** The folder of hooks that all repositories get; what stands there hides a hook of the same name in `local`. */
  readonly common: string;
}

const HOOK = "post-receive";
const NAME = "skein";
/** What gitolite calls the hooks that a repository has of its own. */
const OWN = /^post-receive\.h\d\d-(.*)$/;

/**
 * Installs the hook for all repositories that gitolite serves, those to come included, or makes it one that repositories can be
 * given one by one. Doing it twice changes nothing.
 * @returns the files of the hook
 * @throws {Failure} HOOK_REFUSED
 */
export async function installForGitolite({ home, spool, hook, perRepository }: Gitolite): Promise<string[]> {
  return explained("install the hook", `gitolite in ${home}`, async () => {
    const layout = await layoutOf(home);
    const file = perRepository ? await placeOfOwn(home, layout) : await placeOfCommon(home, layout);
    await prepareSpool(spool, layout.admin, "");
    await writeWhole(join(layout.admin, SETTINGS), `*\n${spool}\n`);
    if (perRepository) {
      await writeOwn(file, hook);
      return [file];
    }
    await placeHook(file, hook);
    const hidden = layout.local === undefined ? undefined : join(layout.local, "hooks", "common", HOOK);
    const runsHidden = hidden !== undefined && (await kindOf(hidden)) !== undefined;
    if (runsHidden && (await kindOf(beforeOf(file))) === undefined) await symlink(hidden, beforeOf(file));
    await gitolite(home, ["setup", "--hooks-only"]);
    return [file];
  });
}

/**
 * Takes the hook out, and puts back what was there before.
 * @returns the files of the hook
 * @throws {Failure} HOOK_REFUSED
 */
export async function uninstallForGitolite({ home }: Pick<Gitolite, "home">): Promise<string[]> {
  return explained("take out the hook", `gitolite in ${home}`, async () => {
    const layout = await layoutOf(home);
    const common = join(layout.common, HOOK);
    const own = layout.local === undefined ? undefined : ownIn(layout.local);
    const ours: string[] = [];
    for (const file of [common, own]) if (file !== undefined && (await isOurs(file))) ours.push(file);
    if (ours.length === 0) throw new Error(`${common}: no hook of Skein's is there`);
    await rm(join(layout.admin, SETTINGS), { force: true });
    if (own !== undefined && ours.includes(own)) await rm(own);
    if (!ours.includes(common)) return ours;
    // A link to what hides in another folder of common hooks was only there for ours to call.
    const before = beforeOf(common);
    const hidden = (await kindOf(before)) === "link" ? await readlink(before) : "";
    if (layout.local !== undefined && hidden.startsWith(join(layout.local, "/"))) await rm(before);
    await takeOut(common);
    for (const folder of await hooksFolders(home, layout.repositories))
      for (const name of [HOOK, beforeOf(HOOK)]) await dropLink(join(folder, name), layout.common);
    await gitolite(home, ["setup", "--hooks-only"]);
    return ours;
  });
}

const ownIn = (local: string): string => join(local, "hooks", "repo-specific", NAME);

/** @throws {Error} where a common hook would keep others from being run, or do away with them */
async function placeOfCommon(home: string, { common, repositories }: Layout): Promise<string> {
  const hiding: string[] = [];
  const lost: string[] = [];
  for (const folder of await hooksFolders(home, repositories)) {
    const names = await namesIn(folder);
    if (names.some((name) => OWN.test(name))) hiding.push(folder);
    const file = join(folder, HOOK);
    if ((await kindOf(file)) === "file" && !(await isOurs(file))) lost.push(file);
  }
  if (hiding.length > 0)
    throw new Error(
      `a common ${HOOK} and hooks that repositories have of their own keep each other from being run, and ` +
        `these have some: ${hiding.join(", ")}; use --per-repository`,
    );
  if (lost.length > 0)
    throw new Error(
      `gitolite would put a link in the place of ${lost.join(", ")}: move it to ${common}, or use --per-repository`,
    );
  return join(common, HOOK);
}

/** @throws {Error} where gitolite does not look for hooks of single repositories */
async function placeOfOwn(home: string, { local, common }: Layout): Promise<string> {
  const enabled = (await query(home, "ENABLE"))?.split("\n").includes("repo-specific-hooks");
  if (local === undefined || enabled !== true)
    throw new Error(
      `${join(home, ".gitolite.rc")} must set LOCAL_CODE, and name 'repo-specific-hooks' in ENABLE, for repositories to have hooks of their own`,
    );
  for (const file of [join(common, HOOK), join(local, "hooks", "common", HOOK)])
    if ((await kindOf(file)) !== undefined)
      throw new Error(
        `${file} is there: a common ${HOOK} and hooks that repositories have of their own keep each other from being run`,
      );
  return ownIn(local);
}

async function writeOwn(file: string, hook: string): Promise<void> {
  await makeFolder(dirname(file));
  if ((await kindOf(file)) !== undefined && !(await isOurs(file)))
    throw new Error(`${file} is there and is not Skein's`);
  await placeHook(file, hook);
}

/** The folders of hooks of all repositories. */
async function hooksFolders(home: string, repositories: string): Promise<string[]> {
  const names = (await gitolite(home, ["list-phy-repos"])).toString("utf8").split("\n");
  return names.filter((name) => name !== "").map((name) => join(repositories, `${name}.git`, "hooks"));
}

/** Removes what gitolite linked into a repository, and now leads nowhere. */
async function dropLink(link: string, common: string): Promise<void> {
  if ((await kindOf(link)) === "link" && (await readlink(link)).startsWith(join(common, "/"))) await rm(link);
}

async function layoutOf(home: string): Promise<Layout> {
  const { uid } = await stat(home);
  if (uid !== process.getuid?.()) throw new Error(`do it as user ${uid}, who owns ${home}`);
  const [admin, repositories, local] = [
    await query(home, "GL_ADMIN_BASE"),
    await query(home, "GL_REPO_BASE"),
    await query(home, "LOCAL_CODE"),
  ];
  const common = join(admin ?? home, "hooks", "common");
  if (admin === undefined || repositories === undefined || (await kindOf(common)) !== "folder")
    throw new Error("gitolite is not set up there");
  return { admin, repositories, local: local === "" ? undefined : local, common };
}

/** What gitolite's configuration says; undefined where it says nothing. */
async function query(home: string, ...args: string[]): Promise<string | undefined> {
  const { code, stdout } = await run(home, ["query-rc", ...args]);
  return code === 0 ? stdout.toString("utf8").trim() : undefined;
}

async function gitolite(home: string, args: readonly string[]): Promise<Buffer> {
  const { code, stdout, stderr } = await run(home, args);
  if (code !== 0) throw new Error(`gitolite ${args.join(" ")} failed: ${stderr}`);
  return stdout;
}

const run = (home: string, args: readonly string[]) =>
  exec("gitolite", args, {
    cwd: home,
    env: { HOME: home, PATH: `${join(home, "bin")}:/usr/local/bin:/usr/bin:/bin`, LC_ALL: "C.UTF-8" },
    timeout: 600_000,
  });
