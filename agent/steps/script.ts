import { join } from "node:path";
import { kindOf } from "../../lib/effects/files.ts";
import { isExecutable } from "../../lib/effects/folders.ts";
import { isRoot } from "../../lib/effects/processes.ts";
import { Failure } from "../../lib/failure.ts";
import { message } from "../../lib/messages/catalogue.ts";
import { shortRef } from "../../lib/schema/names.ts";
import { environmentOf, type Subject } from "../environment.ts";
import { type Job, type JobEnd, runJob } from "../job.ts";
import { releasePath } from "../layout.ts";
import { lastWords } from "../output.ts";
import type { Work } from "../work.ts";
import type { Perform } from "./step-of.ts";

/** Runs the app's script of this phase, where the release has one; joins it where it was started before. */
export const script: Perform<"script"> = async (step, work) => {
  const program = await findScript(work, step);
  if (program === undefined) return;
  const job = jobOf(work, step, program);
  const print = ({ sequence, lines }: { sequence: number; lines: readonly string[] }) =>
    work.say(
      message("deploy.log", {
        rollout: work.request.command.id,
        app: work.name,
        host: work.host,
        phase: step.phase,
        sequence,
        lines: [...lines],
      }),
    );
  await requireSuccess(await runJob(job, print, work.signal), job);
};

/** @throws {Failure} SCRIPT_NOT_EXECUTABLE */
async function findScript({ layout, app }: Work, { release, script }: Subject): Promise<string | undefined> {
  for (const name of [script, `${script}.sh`]) {
    const path = join(releasePath(layout, release), app.scripts, name);
    const kind = await kindOf(path);
    if (kind !== "file" && kind !== "link") continue;
    if (await isExecutable(path)) return path;
    const mend = `git update-index --chmod=+x ${join(app.scripts, name)}`;
    throw new Failure("SCRIPT_NOT_EXECUTABLE", `Cannot run ${join(app.scripts, name)}: mend it with ${mend}`);
  }
  return undefined;
}

function jobOf(work: Work, subject: Subject, program: string): Job {
  const { layout, app, config, host, name, part, request } = work;
  const key = `${request.command.id}-${part}-${subject.script}`;
  return {
    folder: join(layout.jobs, key),
    // Agents of several hosts may run on one machine, and a rollout goes to all of them.
    id: `${host}/${name}/${key}`,
    program,
    args: ["-t", shortRef(subject.ref)],
    directory: releasePath(layout, subject.release),
    env: environmentOf(work, subject),
    user: isRoot() ? app.user : undefined,
    deadline: app["script-timeout"],
    killAfter: config["kill-after"],
    most: config["script-output"],
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
