import { join, resolve } from "node:path";
import { z } from "zod";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { type BuildLogs, openBuildLogs } from "../lib/effects/build-logs.ts";
import { type Mirrors, openMirrors } from "../lib/effects/git.ts";
import { openWorkspaces, type Workspaces } from "../lib/effects/workspaces.ts";
import { codeOf, reasonOf } from "../lib/failure.ts";
import { type Data, message, type Message } from "../lib/messages/catalogue.ts";
import { duration, size } from "../lib/schema/quantities.ts";
import { BuildLog } from "./ci-runner/build-log.ts";
import { cancel, cancellable } from "./ci-runner/cancelled.ts";
import { PIPELINE_FILE, readPipeline } from "./ci-runner/pipeline.ts";
import { DELAYS, sourceOf } from "./ci-runner/source.ts";
import { runSteps, type Verdict } from "./ci-runner/steps.ts";
import { onceAtATime } from "./ci-runner/under-way.ts";

const settings = z.strictObject({
  workspaces: z
    .string()
    .min(1)
    .default("workspaces")
    .describe("Where builds take place. A relative path is taken from the state folder."),
  concurrency: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("How many builds run at once; takes effect at the next start."),
  timeout: duration.prefault("30m").describe("How long a build may take, whatever its .skein.yml says."),
  "log-said": size
    .prefault("1MiB")
    .describe("How much of what a build prints is told while it runs; of more, the end of each step."),
  "log-kept": size.prefault("50MiB").describe("How much of it is kept, in `builds` in the state folder."),
  keep: z.int().min(1).max(100_000).default(200).describe("How many builds' output is kept there."),
});
type Settings = z.infer<typeof settings>;

interface Deps {
  readonly mirrors: Mirrors;
  readonly workspaces: Workspaces;
  readonly logs: BuildLogs;
  readonly delays: readonly number[];
}
type Surrounded = Context<Settings, Deps>;
type Request = Data<"build.requested">;

export const ciRunner = defineDaemon<Settings, Deps>({
  name: "ci-runner",
  summary: "Builds revisions: runs the steps of their `.skein.yml` in a clean workspace.",
  config: settings,
  concurrency: ({ concurrency }) => concurrency,
  deps: async ({ workspaces, keep, "log-kept": most }, { settings: { state, repositories }, log }) => {
    log.warn(
      {},
      "builds run as the user of this process and can read what it can: give the runner a user of its own",
    );
    return {
      mirrors: openMirrors(join(state, "mirrors"), repositories),
      workspaces: await openWorkspaces(resolve(state, workspaces), (root, error) =>
        log.warn({ error, root }, `cannot remove what a build left: ${reasonOf(error)}`),
      ),
      logs: await openBuildLogs(join(state, "builds"), { most, keep }),
      delays: DELAYS,
    };
  },
  on: {
    "build.requested": (request, context, { time }) =>
      onceAtATime(request.build, () => build(request, Date.parse(time), context)),
    "build.cancelled": (cancelled) => {
      cancel(cancelled);
      return [];
    },
  },
});

async function* build(request: Request, askedAt: number, context: Surrounded): AsyncGenerator<Message> {
  const begun = context.now();
  const { build: id, repository, ref, revision } = request;
  const about = { build: id, repository, ref, revision };
  const ending = cancellable(id, askedAt);
  try {
    yield message("build.started", { ...about, host: context.host, at: begun.toISOString() });
    const signal = AbortSignal.any([context.signal, ending.signal]);
    const verdict = yield* judge(request, { ...context, signal });
    if (context.signal.aborted)
      throw new Error(`build ${id} is given up, for the runner is leaving; it comes back`);
    const ended = context.now();
    const seconds = Math.max(0, ended.getTime() - begun.getTime()) / 1_000;
    yield message("build.finished", {
      ...about,
      ...endedBy(ending.cancelled(), verdict),
      at: ended.toISOString(),
      seconds,
    });
  } finally {
    ending.done();
  }
}

/** What a build that somebody ended came to: what it was about to come to does not count. */
function endedBy(cancelled: Data<"build.cancelled"> | undefined, verdict: Verdict): Verdict {
  if (cancelled === undefined) return verdict;
  const { by, why } = cancelled;
  return {
    outcome: "cancelled",
    reason: `ended by ${by}${why === "" ? "" : `: ${why}`}`,
    steps: verdict.steps,
  };
}

async function* judge(request: Request, context: Surrounded): AsyncGenerator<Message, Verdict> {
  const {
    deps,
    signal,
    settings: { repositories },
  } = context;
  try {
    const { mirror, commit } = await sourceOf(request, { ...deps, repositories, signal });
    const file = await mirror.readFile(commit, PIPELINE_FILE);
    if (file === undefined)
      return { outcome: "passed", reason: `no ${PIPELINE_FILE}: there is nothing to run`, steps: [] };
    const pipeline = readPipeline(file);
    const workspace = await deps.workspaces.make();
    try {
      await mirror.stage(commit, workspace.source);
      return yield* logged(pipeline, { request, workspace }, context);
    } finally {
      // The verdict stands, whatever becomes of the folder.
      await workspace.remove().catch((error: unknown) => {
        context.log.warn({ error, build: request.build }, `cannot remove a workspace: ${reasonOf(error)}`);
      });
    }
  } catch (error) {
    const code = codeOf(error);
    context.log.warn({ error, build: request.build }, `a build could not be run: ${reasonOf(error)}`);
    return {
      outcome: "errored",
      ...(code === undefined ? {} : { code }),
      reason: reasonOf(error).slice(0, 8_000),
      steps: [],
    };
  }
}

async function* logged(
  pipeline: ReturnType<typeof readPipeline>,
  run: Pick<Parameters<typeof runSteps>[1], "request" | "workspace">,
  { config, deps, signal }: Surrounded,
): AsyncGenerator<Message, Verdict> {
  const file = deps.logs.open(run.request.build);
  const log = new BuildLog(run.request.build, {
    most: config["log-said"],
    keep: (bytes) => file.append(bytes),
  });
  try {
    const timeout = Math.min(pipeline.timeout ?? config.timeout, config.timeout);
    return yield* runSteps(pipeline, { ...run, log, timeout, signal });
  } finally {
    file.close();
    await deps.logs.prune();
  }
}
