import { join } from "node:path";
import { Failure } from "../lib/failure.ts";
import { message } from "../lib/messages/catalogue.ts";
import { environmentOf, type Subject } from "./environment.ts";
import { type Job, type JobEnd, runJob } from "./job.ts";
import { releasePath } from "./layout.ts";
import { lastWords } from "./output.ts";
import { otherUser } from "./user.ts";
import type { Work } from "./work.ts";

/** A program that takes part in a phase of a deploy. */
export interface Program {
  /** Tells it from the others of its phase: 0 is the app's own script. */
  readonly place: number;
  readonly program: string;
  readonly args: readonly string[];
  /** The release where it is left out. */
  readonly directory?: string;
  /** Besides what every script gets. */
  readonly env?: Readonly<Record<string, string>>;
  /** `app`: what is deployed has a hand in it; `agent`: nothing but the configuration of the host has. */
  readonly as: "app" | "agent";
}

/** More than one program ever prints. */
const MOST_BATCHES = 100_000;
const MOST_PLACES = 1_000;

/**
 * Runs a program to its end, apart from the agent, or joins it where it was started before; tells what it prints.
 * @throws {Failure} SCRIPT_FAILED, SCRIPT_TIMEOUT or DEPLOY_INTERRUPTED
 */
export async function runProgram(work: Work, subject: Subject, program: Program): Promise<void> {
  const job = jobOf(work, subject, program);
  const print = ({ sequence, lines }: { sequence: number; lines: readonly string[] }) =>
    work.say(
      message("deploy.log", {
        rollout: work.request.command.id,
        app: work.name,
        host: work.host,
        phase: subject.script,
        sequence,
        lines: [...lines],
      }),
    );
  await requireSuccess(await runJob(job, print, work.signal), job);
}

function jobOf(work: Work, subject: Subject, { place, program, args, directory, env, as }: Program): Job {
  const { layout, app, config, host, name, part, request } = work;
  const key = `${request.command.id}-${part}-${subject.script}${place === 0 ? "" : `-${place}`}`;
  const isBack = part === "back" || part === "revert";
  return {
    folder: join(layout.jobs, key),
    // Agents of several hosts may run on one machine, and a rollout goes to all of them.
    id: `${host}/${name}/${key}`,
    program,
    args,
    directory: directory ?? releasePath(layout, subject.release),
    env: { ...environmentOf(work, subject), ...env },
    user: as === "app" ? otherUser(app) : undefined,
    deadline: app["script-timeout"],
    killAfter: config["kill-after"],
    most: config["script-output"],
    firstBatch: ((isBack ? MOST_PLACES : 0) + place) * MOST_BATCHES,
    umask: app.umask,
  };
}

async function requireSuccess(end: JobEnd, job: Job): Promise<void> {
  const said = async () => `; it said last:\n${await lastWords(job.folder)}`;
  switch (end.how) {
    case "left running":
      return;
    case "lost":
      throw new Failure("DEPLOY_INTERRUPTED", `${job.program} was interrupted${await said()}`);
    case "timed out": {
      const limit = `ran longer than ${job.deadline / 1_000} s`;
      throw new Failure("SCRIPT_TIMEOUT", `${job.program} ${limit}${await said()}`);
    }
    case "ended":
      if (end.code === 0) return;
      throw new Failure("SCRIPT_FAILED", `${job.program} ended with ${end.code}${await said()}`);
  }
}
