import { join } from "node:path";
import { z } from "zod";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { exec, type Executed } from "../lib/effects/exec.ts";
import { type Mirrors, openMirrors } from "../lib/effects/git.ts";
import { openWorkspaces, WORKSPACE, type Workspace, type Workspaces } from "../lib/effects/workspaces.ts";
import { codeOf, reasonOf } from "../lib/failure.ts";
import { type Data, message, type Message } from "../lib/messages/catalogue.ts";
import { BuildLog } from "./ci-runner/build-log.ts";
import { environmentOf } from "./ci-runner/environment.ts";
import {
  nameOf,
  type Pipeline,
  PIPELINE_FILE,
  type PipelineStep,
  readPipeline,
} from "./ci-runner/pipeline.ts";

const settings = z.strictObject({});

interface Deps {
  readonly mirrors: Mirrors;
  readonly workspaces: Workspaces;
}
type Surrounded = Context<z.infer<typeof settings>, Deps>;
type Request = Data<"build.requested">;
type Outcome = Data<"build.finished">["outcome"];
type StepResult = Data<"build.finished">["steps"][number];

/** How a build ended, before it is told. */
interface Verdict {
  readonly outcome: Outcome;
  readonly code?: string;
  readonly reason?: string;
  readonly steps: StepResult[];
}

export const ciRunner = defineDaemon<z.infer<typeof settings>, Deps>({
  name: "ci-runner",
  summary: "Builds revisions: runs the steps of their `.skein.yml` in a clean workspace.",
  config: settings,
  deps: async (_config, { log, settings: { state, repositories } }) => ({
    mirrors: openMirrors(join(state, "mirrors"), repositories),
    workspaces: await openWorkspaces(join(state, "workspaces"), (root, error) =>
      log.warn(
        { error, root },
        `cannot remove the workspace of a build that was cut short: ${reasonOf(error)}`,
      ),
    ),
  }),
  on: { "build.requested": build },
});

async function* build(request: Request, context: Surrounded): AsyncGenerator<Message> {
  const begun = context.now();
  const { build: id, repository, ref, revision } = request;
  const about = { build: id, repository, ref, revision };
  yield message("build.started", { ...about, host: context.host, at: begun.toISOString() });
  const verdict = yield* judge(request, context);
  if (context.signal.aborted) throw new Error(`build ${id} was given up: the runner is leaving`);
  const ended = context.now();
  const seconds = (ended.getTime() - begun.getTime()) / 1_000;
  yield message("build.finished", { ...about, ...verdict, at: ended.toISOString(), seconds });
}

async function* judge(request: Request, context: Surrounded): AsyncGenerator<Message, Verdict> {
  const { mirrors, workspaces } = context.deps;
  let workspace: Workspace | undefined;
  try {
    workspace = await workspaces.make();
    const mirror = mirrors.of(request.repository);
    if (!(await mirror.has(request.revision))) await mirrors.fetch(request.repository);
    const file = await mirror.readFile(request.revision, PIPELINE_FILE);
    if (file === undefined)
      return {
        outcome: "passed",
        reason: `there is nothing to run: the revision has no ${PIPELINE_FILE}`,
        steps: [],
      };
    const pipeline = readPipeline(file);
    await mirror.stage(request.revision, workspace.source);
    return yield* runSteps(pipeline, request, workspace, context);
  } catch (error) {
    const code = codeOf(error);
    return {
      outcome: "errored",
      ...(code === undefined ? {} : { code }),
      reason: reasonOf(error).slice(0, 8_000),
      steps: [],
    };
  } finally {
    // The verdict stands, whatever becomes of the folder.
    await workspace?.remove().catch((error: unknown) => {
      context.log.warn({ error }, `cannot remove the workspace of ${request.build}: ${reasonOf(error)}`);
    });
  }
}

async function* runSteps(
  pipeline: Pipeline,
  request: Request,
  workspace: Workspace,
  { signal }: Surrounded,
): AsyncGenerator<Message, Verdict> {
  const log = new BuildLog(request.build);
  const until = Date.now() + pipeline.timeout;
  const steps: StepResult[] = [];
  for (const step of pipeline.steps) {
    const name = nameOf(step);
    const begun = Date.now();
    const timeout = Math.max(1, Math.min(step.timeout, until - begun));
    const env = {
      ...environmentOf(request, workspace),
      ...pipeline.env,
      ...step.env,
      [WORKSPACE]: workspace.root,
    };
    const running = exec("/bin/sh", ["-e", "-c", step.run], {
      cwd: workspace.source,
      env,
      timeout,
      most: 0,
      signal,
      onLine: (line) => log.add(line),
    });
    yield* log.whileRunning(name, running);
    const result = await running;
    const outcome = outcomeOf(result);
    steps.push({ name, outcome, seconds: (Date.now() - begun) / 1_000 });
    if (outcome !== "passed") return { outcome, reason: reasonFor(name, step, result, timeout), steps };
  }
  return { outcome: "passed", steps };
}

function outcomeOf({ outcome, code }: Executed): Outcome {
  if (outcome === "aborted") return "cancelled";
  return outcome === "ended" && code === 0 ? "passed" : "failed";
}

function reasonFor(
  name: string,
  { run }: PipelineStep,
  { outcome, code, stderr }: Executed,
  timeout: number,
): string {
  if (outcome === "timed out") return `step ${name} ran longer than ${timeout / 1_000} s`;
  return `step ${name} ended with status ${code}${stderr === "" ? `: ${run.slice(0, 200)}` : `: ${stderr.slice(-500)}`}`;
}
