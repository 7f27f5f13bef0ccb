import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { Install } from "../../lib/config/app/run.ts";
import { exec } from "../../lib/effects/exec.ts";
import { kindOf, makeFolder, pointLink, readIfThere, writeWhole } from "../../lib/effects/files.ts";
import { giveTo, linkTarget, namesIn, removeAll, removeWhole } from "../../lib/effects/folders.ts";
import { Failure } from "../../lib/failure.ts";
import { commonEnvironment, type Subject } from "../environment.ts";
import { folderInside } from "../inside.ts";
import { releasePath } from "../layout.ts";
import { type Program, runProgram } from "../program.ts";
import { otherUser } from "../user.ts";
import type { Work } from "../work.ts";

/** How one package manager installs. */
interface Manager {
  /** Whose version decides what is built. */
  readonly runtime: string;
  /** What says what is wanted; the first has to be there. */
  readonly files: readonly [string, ...string[]];
  /** Where a release looks for it: a link to the folder of the same name among the dependencies. */
  readonly at: string;
  readonly programs: readonly Pick<Program, "program" | "args" | "env">[];
}

/** The programs run in the folder of the dependencies, where copies of the files lie. */
const managers: Readonly<Record<Install["install"], Manager>> = {
  npm: {
    runtime: "node",
    files: ["package-lock.json", "package.json", ".npmrc"],
    at: "node_modules",
    programs: [{ program: "npm", args: ["ci", "--omit=dev", "--no-audit", "--no-fund"] }],
  },
  pip: {
    runtime: "python3",
    files: ["requirements.txt"],
    at: ".venv",
    programs: [
      { program: "python3", args: ["-m", "venv", ".venv"] },
      { program: ".venv/bin/python", args: ["-m", "pip", "install", "--requirement", "requirements.txt"] },
    ],
  },
  bundler: {
    runtime: "ruby",
    files: ["Gemfile.lock", "Gemfile"],
    at: "vendor/bundle",
    programs: [
      {
        program: "bundle",
        args: ["install"],
        env: { BUNDLE_PATH: "vendor/bundle", BUNDLE_FROZEN: "true", BUNDLE_WITHOUT: "development:test" },
      },
    ],
  },
};

/** Says that all of a folder is there. */
const COMPLETE = ".complete";

/**
 * Installs what the lock file of a release names into a folder that is known by it, unless that is there, and links the release to it.
 * @throws {Failure} INSTALL_LOCK_MISSING, or what the package manager failed with
 */
export async function install(
  { install: which }: Install,
  place: number,
  subject: Subject,
  work: Work,
): Promise<void> {
  const manager = managers[which];
  const tree = releasePath(work.layout, subject.release);
  const files = await filesOf(manager, tree);
  const version = await versionOf(manager.runtime, work);
  const key = `${which}-${createHash("sha256")
    .update(JSON.stringify([version, process.arch, files]))
    .digest("hex")}`;
  const folder = join(work.layout.root, "dependencies", key);
  if ((await kindOf(join(folder, COMPLETE))) === undefined) {
    await begin(folder, files, place, subject, work);
    for (const [index, each] of manager.programs.entries()) {
      await runProgram(work, subject, {
        ...each,
        env: { ...each.env, ...cachedIn(cacheOf(work)) },
        place: place + index,
        directory: folder,
        as: "app",
      });
      // It may run still: whoever joins it goes on.
      if (work.signal.aborted) return;
    }
    await writeWhole(join(folder, COMPLETE), `${version}\n`);
  }
  const link = join(await folderInside(tree, manager.at), basename(manager.at));
  const target = join(folder, manager.at);
  if ((await linkTarget(link)) !== target) {
    await removeAll(link);
    await pointLink(link, target);
  }
  await prune(which, manager, work);
}

const cacheOf = ({ layout }: Work): string => join(layout.root, "dependencies", ".cache");

/** The home of a user such as www-data is not theirs to write into. */
const cachedIn = (cache: string): Readonly<Record<string, string>> => ({
  npm_config_cache: join(cache, "npm"),
  PIP_CACHE_DIR: join(cache, "pip"),
  BUNDLE_USER_HOME: join(cache, "bundle"),
});

async function filesOf({ files }: Manager, tree: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of files) {
    // A link could lead to what the agent may read, and the revision may not.
    const text =
      (await kindOf(join(tree, name))) === "file" ? await readIfThere(join(tree, name)) : undefined;
    if (text !== undefined) found[name] = text;
  }
  if (found[files[0]] !== undefined) return found;
  throw new Failure(
    "INSTALL_LOCK_MISSING",
    `Cannot install dependencies: the release has no file ${files[0]}`,
  );
}

async function versionOf(runtime: string, work: Work): Promise<string> {
  const { stdout } = await exec(runtime, ["--version"], { env: commonEnvironment(work), timeout: 30_000 });
  return stdout.toString("utf8").trim();
}

/** What an earlier rollout left half-done goes; what this one began stays. */
async function begin(
  folder: string,
  files: Readonly<Record<string, string>>,
  place: number,
  { script }: Subject,
  work: Work,
): Promise<void> {
  const begun = join(folder, ".begun");
  const by = `${work.request.command.id} ${script} ${place}\n`;
  if ((await readIfThere(begun)) === by) return;
  await removeAll(folder);
  await makeFolder(folder);
  for (const [name, text] of Object.entries(files)) await writeWhole(join(folder, name), text);
  await makeFolder(cacheOf(work));
  const user = otherUser(work.app);
  if (user !== undefined) for (const each of [folder, cacheOf(work)]) await giveTo(user, each);
  await writeWhole(begun, by);
}

/** Removes what no release is linked to. */
async function prune(which: Install["install"], { at }: Manager, { layout }: Work): Promise<void> {
  const releases = await namesIn(layout.releases);
  const links = await Promise.all(
    releases.map((each) => linkTarget(join(layout.releases, each, at)).catch(() => undefined)),
  );
  const all = join(layout.root, "dependencies");
  for (const name of await namesIn(all))
    if (name.startsWith(`${which}-`) && !links.includes(join(all, name, at)))
      await removeWhole(join(all, name));
}
