import { join } from "node:path";
import { pause } from "../lib/effects/clock.ts";
import { makeFolder, readIfThere } from "../lib/effects/files.ts";
import { writeLoose } from "../lib/effects/folders.ts";
import { endMarked, identityOf, startDetached } from "../lib/effects/processes.ts";
import { type Batch, openOutput } from "./output.ts";
import { SHIM } from "./shim.ts";

/** A program that runs apart from the agent: its folder is all that the two have in common. */
export interface Job {
  readonly folder: string;
  /** What its processes are known by, wherever they move to. */
  readonly id: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whom it runs as; the agent's own user where it is left out. */
  readonly user?: string | undefined;
  /** Milliseconds. */
  readonly deadline: number;
  readonly killAfter: number;
  /** Bytes of output that are kept from its beginning. */
  readonly most: number;
  /** Where the sequence of its batches of output begins: several jobs may print in one phase. */
  readonly firstBatch?: number;
  /** In octal. */
  readonly umask: string;
}

/** How a job ended. `lost`: it, or the machine, was killed, and nobody knows how far it came. */
export type JobEnd =
  | { readonly how: "ended" | "timed out"; readonly code: number }
  | { readonly how: "lost" }
  | { readonly how: "left running" };

/** Between two messages with output. */
const BREATH = 100;
/** Between two looks at whether whoever runs a job is still there. */
const LOOK = 200;
const PATIENCE = 5_000;

/** Runs a job, or joins one that was started before: it runs once, whoever starts it how often. */
export async function runJob(job: Job, print: (batch: Batch) => void, signal: AbortSignal): Promise<JobEnd> {
  const started = Date.now();
  if ((await readIfThere(join(job.folder, "owner"))) === undefined) await start(job);
  const output = await openOutput(job.folder, job.firstBatch);
  let printed = 0;
  let looked = 0;
  while (!signal.aborted) {
    const isDue = Date.now() - looked >= LOOK;
    if (isDue) looked = Date.now();
    const end =
      (await resultOf(job)) ?? (isDue ? await endOf(job, Date.now() - started > PATIENCE) : undefined);
    if (end !== undefined) {
      await printSlowly(await output.rest(), print);
      return end;
    }
    const batch = Date.now() - printed < BREATH ? undefined : await output.next();
    if (batch !== undefined) {
      print(batch);
      printed = Date.now();
    }
    await pause(Math.min(BREATH / 2, 5 + (Date.now() - started) / 20), signal);
  }
  return { how: "left running" };
}

async function printSlowly(batches: readonly Batch[], print: (batch: Batch) => void): Promise<void> {
  for (const [index, batch] of batches.entries()) {
    if (index > 0) await pause(BREATH);
    print(batch);
  }
}

async function start(job: Job): Promise<void> {
  await makeFolder(job.folder, 0o700);
  const shim = join(job.folder, "shim");
  await writeLoose(shim, SHIM);
  const settings = [
    job.folder,
    job.id,
    seconds(job.deadline),
    seconds(Math.min(job.killAfter, job.deadline)),
    String(job.most),
    job.user ?? "",
    job.directory,
    job.umask,
  ];
  await startDetached("/bin/sh", [shim, ...settings, job.program, ...job.args], { cwd: "/", env: job.env });
}

const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(3);

async function endOf(job: Job, late: boolean): Promise<JobEnd | undefined> {
  const owner = await readIfThere(join(job.folder, "owner"));
  const alive = owner === undefined ? !late : await isAlive(owner);
  if (alive) return undefined;
  // Its last deed may have been to write down how it ended.
  const end = await resultOf(job);
  if (end !== undefined) return end;
  await endMarked("SKEIN_JOB", job.id);
  return { how: "lost" };
}

async function resultOf(job: Job): Promise<JobEnd | undefined> {
  const result = await readIfThere(join(job.folder, "result"));
  const [code, took] = (result ?? "").trim().split(" ").map(Number);
  if (code === undefined || took === undefined) return undefined;
  return { how: howOf(code, took, job), code };
}

async function isAlive(owner: string): Promise<boolean> {
  const [pid = "", ...identity] = owner.trim().split(" ");
  return (await identityOf(Number(pid))) === identity.join(" ");
}

/** `timeout` ends with 124, or with 137 where it had to kill; a script may end so by itself, but sooner. */
function howOf(code: number, took: number, job: Job): "ended" | "timed out" {
  const overdue = took >= Math.floor(job.deadline / 1_000);
  return overdue && (code === 124 || code === 137) ? "timed out" : "ended";
}
