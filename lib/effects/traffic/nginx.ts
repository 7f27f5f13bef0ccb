import { readdir, readFile } from "node:fs/promises";
import { Failure, reasonOf } from "../../failure.ts";
import { comesTrue } from "../clock.ts";
import { exec, PLAIN_ENVIRONMENT } from "../exec.ts";
import { readIfThere, removeFile, writeWhole } from "../files.ts";
import { identityOf } from "../processes.ts";
import { addressOf, type Gate, type Place, type Traffic } from "./traffic.ts";

/** How nginx is told something: by a file that it includes, and a reload. */
export interface NginxMeans {
  readonly file: string;
  /** Programs with their arguments. */
  readonly test: readonly string[];
  readonly reload: readonly string[];
  /** The file that holds the id of its first process. */
  readonly pid: string;
  /** Milliseconds that what is under way may still take. */
  readonly drain: number;
}

/** What an upstream needs where there is nobody: nginx reads none without a server. */
const NOBODY = "server 127.0.0.1:1 down;\n";
const INTERVAL = 25;
const PATIENCE = 10_000;
const DEADLINE = 60_000;

/** Traffic through an `upstream` of nginx, whose one server is in a file of its own. */
export const nginxTraffic = (means: NginxMeans): Traffic => ({
  switchTo: (place, signal) => become(means, place === null ? NOBODY : serverAt(place), signal),
});

/** A host that nginx sends visitors to, or does not, by what a file says. */
export const nginxGate = (
  means: NginxMeans,
  texts: { readonly ready: string; readonly drained: string },
): Gate => ({
  close: (signal) => become(means, texts.drained, signal),
  open: (signal) => become(means, texts.ready, signal),
});

const serverAt = (place: Place): string => `server ${addressOf(place)};\n`;

/**
 * Makes nginx read what the file is to say. Its processes of before answer what they have begun and end: once they are gone,
 * nothing of it is under way. Where it refuses its configuration, the file says what it said.
 */
async function become(means: NginxMeans, text: string, signal?: AbortSignal): Promise<void> {
  const { file, test, reload, pid, drain } = means;
  const former = await readIfThere(file);
  if (former !== text) await writeWhole(file, text, 0o644);
  try {
    await run(test);
    // Also where the file said so before: whoever wrote it may have been killed before the reload.
    const workers = await workersOf(pid);
    await run(reload);
    await replaced(workers, pid, signal);
    await gone(workers, drain, signal);
  } catch (error) {
    if (former === undefined) await removeFile(file);
    else if (former !== text) await writeWhole(file, former, 0o644);
    throw error;
  }
}

async function run(words: readonly string[]): Promise<void> {
  const [program = "", ...args] = words;
  const { code, stderr } = await exec(program, args, { env: PLAIN_ENVIRONMENT, timeout: DEADLINE });
  if (code !== 0) throw refused(`${words.join(" ")} ended with ${code}: ${stderr.trim().slice(-500)}`);
}

const refused = (why: string): Failure => new Failure("TRAFFIC_REFUSED", `Cannot switch nginx: ${why}`);

/** The processes that answer requests, by what tells each from others that ever have its id. */
async function workersOf(pidFile: string): Promise<ReadonlyMap<number, string>> {
  const master = Number((await readFile(pidFile, "utf8").catch(unreachable)).trim());
  const found = new Map<number, string>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, "utf8").catch(() => "");
    if (Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) !== master) continue;
    const identity = await identityOf(Number(name));
    if (identity !== undefined) found.set(Number(name), identity);
  }
  return found;
}

function unreachable(cause: unknown): never {
  throw new Failure("TRAFFIC_UNREACHABLE", `Cannot find nginx: ${reasonOf(cause)}`, {
    cause,
    transient: true,
  });
}

/** Waits until there are others. */
async function replaced(
  workers: ReadonlyMap<number, string>,
  pidFile: string,
  signal?: AbortSignal,
): Promise<void> {
  const areThere = async () =>
    [...(await workersOf(pidFile))].some(([pid, identity]) => workers.get(pid) !== identity);
  const came = await comesTrue(areThere, { within: PATIENCE, interval: INTERVAL, signal });
  if (!came && signal?.aborted !== true)
    throw refused("it was told to read its configuration, and did not: its error log says why");
}

/** Waits until they are gone, but not for ever. */
async function gone(
  workers: ReadonlyMap<number, string>,
  within: number,
  signal?: AbortSignal,
): Promise<void> {
  const areGone = async () => {
    const there = await Promise.all([...workers.keys()].map(identityOf));
    return [...workers.values()].every((identity, at) => there[at] !== identity);
  };
  await comesTrue(areGone, { within, interval: INTERVAL, signal });
}
