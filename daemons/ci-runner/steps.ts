import { exec, type Executed } from "../../lib/effects/exec.ts";
import type { Workspace } from "../../lib/effects/workspaces.ts";
import type { Code } from "../../lib/codes.ts";
import type { Data, Message } from "../../lib/messages/catalogue.ts";
import type { BuildLog } from "./build-log.ts";
import { environmentOf } from "./environment.ts";
import { nameOf, type Pipeline, type PipelineStep } from "./pipeline.ts";

type Finished = Data<"build.finished">;

/** How a build ended, before it is told. */
export type Verdict = Pick<Finished, "outcome" | "reason" | "steps"> & { readonly code?: Code };

interface Run {
  readonly request: Data<"build.requested">;
  readonly workspace: Pick<Workspace, "root" | "source">;
  readonly log: BuildLog;
  /** How long all steps together may take, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** One stream, so that what a step says and what it complains of stay in their order; then the developer's own script. */
const SHELL = ["-c", 'exec 2>&1; exec /bin/sh -e -c "$1"', "sh"] as const;

/** Runs the steps of a pipeline one after the other, until one does not pass. */
export async function* runSteps(pipeline: Pipeline, run: Run): AsyncGenerator<Message, Verdict> {
  const until = Date.now() + run.timeout;
  const steps: Finished["steps"] = [];
  for (const step of pipeline.steps) {
    const begun = Date.now();
    const left = Math.max(1, until - begun);
    const timeout = Math.min(step.timeout ?? left, left);
    const result = yield* runStep(step, { ...pipeline.env, ...step.env }, timeout, run);
    const outcome = outcomeOf(result);
    steps.push({ name: nameOf(step), outcome, seconds: (Date.now() - begun) / 1_000 });
    if (outcome !== "passed") return { outcome, ...reasonOf(step, result, timeout, run.log), steps };
  }
  return { outcome: "passed", steps };
}

async function* runStep(
  step: PipelineStep,
  variables: Readonly<Record<string, string>>,
  timeout: number,
  { request, workspace, log, signal }: Run,
): AsyncGenerator<Message, Executed> {
  const running = exec("/bin/sh", [...SHELL, step.run], {
    cwd: workspace.source,
    env: { ...environmentOf(request, workspace.root), ...variables },
    timeout,
    most: 0,
    signal,
    onOutput: (chunk) => log.add(chunk),
  });
  yield* log.follow(nameOf(step), running);
  return running;
}

function outcomeOf({ outcome, code }: Executed): Finished["outcome"] {
  if (outcome === "aborted") return "cancelled";
  return outcome === "ended" && code === 0 ? "passed" : "failed";
}

function reasonOf(
  step: PipelineStep,
  { outcome, code }: Executed,
  timeout: number,
  { lastLine }: BuildLog,
): { readonly code: Code; readonly reason: string } {
  if (outcome === "timed out")
    return { code: "COMMAND_TIMEOUT", reason: `step ${nameOf(step)} ran longer than ${timeout / 1_000} s` };
  const said = lastLine === "" ? "" : `: ${lastLine.slice(0, 500)}`;
  return { code: "COMMAND_FAILED", reason: `step ${nameOf(step)} ended with status ${code}${said}` };
}
