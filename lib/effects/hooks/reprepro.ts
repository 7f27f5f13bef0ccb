import { chmod, chown, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../failure.ts";
import { hasCode, kindOf, makeFolder, readIfThere, writeWhole } from "../files.ts";
import { removeAll } from "../folders.ts";
import { isRoot } from "../processes.ts";
import { withEndhook, withNotifier, withoutEndhook, withoutNotifier } from "./reprepro-configuration.ts";

/** What an archive's changes are announced by. */
export interface RepreproInstallation {
  /** The base folder of reprepro. */
  readonly base: string;
  /** What the archive is called. */
  readonly name: string;
  readonly spool: string;
  /** The files of the notifier and of the endhook, as they are shipped. */
  readonly notifier: string;
  readonly endhook: string;
}

/**
 * Has reprepro tell of every change: a line in `conf/options` and one for each distribution; the scripts lie in `conf/skein`.
 * An endhook that was there is called after ours. Doing it twice changes nothing.
 * @returns the folder of the scripts
 * @throws {Failure} HOOK_REFUSED
 */
export async function installReprepro(installation: RepreproInstallation): Promise<string> {
  const { base, name, spool, notifier, endhook } = installation;
  return explained("install the hook", base, async () => {
    if ([name, spool].some((each) => /[\n\0]/.test(each)))
      throw new Error("a name or a path holds a line end");
    const { conf, folder, options, distributions } = await read(base);
    await makeFolder(spool, 0o700);
    await insistOnSpool(spool, conf);
    await makeFolder(folder);
    await ownAs(conf, folder);
    const changed = withEndhook(options);
    for (const [file, contents] of [
      ["spool", `${spool}\n`],
      ["name", `${name}\n`],
      ...(changed.before === undefined ? [] : [["before", `${inFull(changed.before, base, conf)}\n`]]),
    ] as const)
      await writeWhole(join(folder, file ?? ""), contents ?? "");
    for (const [file, shipped] of [
      ["notifier", notifier],
      ["endhook", endhook],
    ] as const) {
      await writeWhole(join(folder, file), await readFile(shipped), 0o755);
      // The mode of a new file is cut by the umask of whoever installs it.
      await chmod(join(folder, file), 0o755);
    }
    await writeChanged(join(conf, "options"), options, changed.text);
    for (const [file, text] of distributions) await writeChanged(file, text, withNotifier(text));
    return folder;
  });
}

/**
 * Takes all of it out, and puts back the endhook that was there before.
 * @returns the folder that the scripts were in
 * @throws {Failure} HOOK_REFUSED
 */
export async function uninstallReprepro(base: string): Promise<string> {
  return explained("take out the hook", base, async () => {
    const { conf, folder, options, distributions } = await read(base);
    if ((await kindOf(folder)) !== "folder") throw new Error("Skein's hook is not there");
    for (const [file, text] of distributions) await writeChanged(file, text, withoutNotifier(text));
    await writeChanged(join(conf, "options"), options, withoutEndhook(options));
    await removeAll(folder);
    return folder;
  });
}

/** Whoever owns the configuration runs reprepro, and its scripts write here: also where root installs them. */
async function ownAs(conf: string, folder: string): Promise<void> {
  const { uid, gid, mode } = await stat(conf);
  await chmod(folder, mode & 0o7777);
  if (isRoot()) await chown(folder, uid, gid);
}

async function insistOnSpool(spool: string, conf: string): Promise<void> {
  const { uid: owner } = await stat(conf);
  const { uid, mode } = await stat(spool);
  if (owner === 0 || owner === uid || (mode & 0o022) !== 0) return;
  throw new Error(
    `its owner, user ${owner}, may not write to ${spool}: give that a group that both share, and mode 3770; or name another place with package-announcer.spool`,
  );
}

async function read(base: string) {
  const conf = join(base, "conf");
  const file = join(conf, "distributions");
  const kind = await kindOf(file);
  if (kind === undefined) throw new Error(`it is no base folder of reprepro: ${file} is not there`);
  const files =
    kind === "folder"
      ? (await readdir(file)).filter((name) => name.endsWith(".conf")).map((name) => join(file, name))
      : [file];
  const distributions = await Promise.all(
    files.map(async (each) => [each, (await readIfThere(each)) ?? ""] as const),
  );
  return {
    conf,
    folder: join(conf, "skein"),
    options: (await readIfThere(join(conf, "options"))) ?? "",
    distributions,
  };
}

async function writeChanged(file: string, former: string, text: string): Promise<void> {
  if (text === former) return;
  const mode = await stat(file).then(
    (status) => status.mode & 0o777,
    () => 0o644,
  );
  await writeWhole(file, text, mode);
}

/** A path as `conf/options` has it, in full. */
function inFull(path: string, base: string, conf: string): string {
  if (path.startsWith("~/")) throw new Error(`the endhook ${path} is there: write its path in full first`);
  if (path.startsWith("+b/")) return join(base, path.slice(3));
  return path.startsWith("/") ? path : join(conf, path.replace(/^\+c\//, ""));
}

async function explained<Result>(what: string, base: string, work: () => Promise<Result>): Promise<Result> {
  return work().catch((error: unknown) => {
    const denied = ["EACCES", "EPERM", "EROFS"].some((code) => hasCode(error, code));
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      "HOOK_REFUSED",
      `Cannot ${what} of ${base}: ${denied ? `${why}; do it as the user who owns it` : why}`,
      { cause: error },
    );
  });
}
