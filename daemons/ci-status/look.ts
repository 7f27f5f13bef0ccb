import { z } from "zod";
import type { Context } from "../../lib/daemon/define.ts";
import { type CiServer, handle, type Place, type Progress } from "../../lib/effects/ci/ci.ts";
import type { Records } from "../../lib/effects/records.ts";
import { codeOf, Failure, reasonOf } from "../../lib/failure.ts";
import { type Data, message, type Message } from "../../lib/messages/catalogue.ts";
import type { BackOff } from "../../lib/pace/back-off.ts";
import {
  anyRevision,
  buildId,
  projectName,
  type RefName,
  refName,
  repositoryName,
} from "../../lib/schema/names.ts";
import type { Entrance } from "./entrance.ts";
import type { Job, Settings } from "./settings.ts";

const about = z.object({
  build: buildId,
  repository: repositoryName,
  project: projectName.optional(),
  ref: refName,
  revision: anyRevision,
});
type About = z.infer<typeof about>;

/** A build that is looked after, as it is kept on disk. Times in milliseconds since 1970. */
export const watched = z.object({
  source: z.string(),
  job: z.string(),
  handle,
  since: z.number(),
  /** When it was first seen to run, which has then been told. */
  begun: z.number().optional(),
  /** What it is of, once that was told. */
  about: about.optional(),
  /** When its end was told. It is kept for a while, for servers tell of one end more than once. */
  ended: z.number().optional(),
});
type Watched = z.infer<typeof watched>;

/** What the daemon works with. */
export interface Deps {
  readonly entrances: ReadonlyMap<string, Entrance>;
  readonly servers: ReadonlyMap<string, CiServer>;
  readonly watched: Records<Watched>;
  /** When each is looked at again. */
  readonly turns: BackOff<string>;
}
type Surrounded = Context<Settings, Deps>;

/** The job of the configuration that a name of the server means: itself, or the multibranch job that it is a branch of. */
export function jobOf(name: string, jobs: Readonly<Record<string, Job>>): Job | undefined {
  const form = [name, name.replace(/\/[^/]*$/, "/{branch}")].find((each) => Object.hasOwn(jobs, each));
  return form === undefined ? undefined : jobs[form];
}

/** Asks a server about a build, and tells what is new. What follows a `yield` runs once the message was published. */
export async function* lookAt(name: string, context: Surrounded): AsyncGenerator<Message> {
  const { deps, log, now } = context;
  const build = deps.watched.all.get(name);
  if (build === undefined || build.ended !== undefined) return;
  const overdue = now().getTime() - build.since > context.config["give-up"];
  const finish = async () => {
    await deps.watched.put(name, { ...build, ended: now().getTime() });
    deps.turns.succeeded(name);
  };
  try {
    if (overdue) throw lost(name);
    if (yield* toldAll(name, build, context)) await finish();
    else deps.turns.failed(name, now());
  } catch (error) {
    if (error instanceof Failure && !error.transient) {
      yield* givenUp(name, error, context);
      // A notice that comes after all makes it looked at anew.
      await deps.watched.remove(name);
      deps.turns.succeeded(name);
    } else if (deps.turns.failed(name, now()))
      log.warn({ error, build: name }, `a build cannot be looked at yet: ${reasonOf(error)}`);
  }
}

/** Tells of a build as far as it is; answers whether nothing more will come. */
async function* toldAll(name: string, build: Watched, context: Surrounded): AsyncGenerator<Message, boolean> {
  const { deps, now, host } = context;
  const server = deps.servers.get(build.source);
  const job = jobOf(build.job, deps.entrances.get(build.source)?.source.jobs ?? {});
  if (server === undefined || job === undefined) return true;
  const place = { job: build.job, ref: ANY_REF };
  const progress = await server.poll(build.handle, place);
  if (progress.state === "queued") return false;
  if (progress.state === "lost") throw lost(name);
  const of = build.about ?? (await aboutOf(name, server, progress, place, job));
  if (of === undefined) return false;
  const told = { ...of, ...(progress.url === undefined ? {} : { url: progress.url }) };
  const begun = build.begun ?? now().getTime();
  if (build.begun === undefined) {
    yield message("build.started", { ...told, host, at: new Date(begun).toISOString() });
    await deps.watched.put(name, { ...build, handle: progress.handle, begun, about: of });
  }
  if (progress.state === "running") return false;
  const { result, reason } = progress;
  const outcome = result === "unstable" ? "failed" : result;
  yield ended(told, begun, now(), { outcome, ...(reason === undefined ? {} : { reason }) });
  return true;
}

type Ended = Data<"build.finished">;

/** The end of a build that was first seen to run at some time. */
function ended(
  told: About & Pick<Ended, "url">,
  begun: number,
  now: Date,
  verdict: Pick<Ended, "outcome" | "code" | "reason">,
): Message {
  const seconds = Math.max(0, now.getTime() - begun) / 1_000;
  return message("build.finished", { ...told, ...verdict, at: now.toISOString(), seconds, steps: [] });
}

const lost = (name: string): Failure =>
  new Failure("CI_BUILD_LOST", `Cannot look at ${name}: its server does not know it (any more)`);

/** A job is asked for by its whole name: no ref is filled in. */
const ANY_REF = refName.parse("refs/heads/main");

/**
 * What a build is of, as its server says; undefined for one that runs and has not checked out yet.
 * @throws {Failure} BUILD_UNCLEAR where the server does not tell what was built
 */
async function aboutOf(
  name: string,
  server: CiServer,
  { state, handle: at }: Exclude<Progress, { state: "lost" }>,
  place: Place,
  { repository, project, pipeline = repository }: Job,
): Promise<About | undefined> {
  const sources = await server.sources(at, place);
  if (state === "running" && sources.length === 0) return undefined;
  for (const { revision: id, branch } of sources) {
    const revision = anyRevision.safeParse(/^\d+$/.test(id) ? `r${id}` : id);
    const ref = refOf(branch);
    if (!revision.success || ref === undefined) continue;
    const build = buildId.parse(`${pipeline}@${revision.data}`);
    const of = { build, repository, ref, revision: revision.data };
    return project === undefined ? of : { ...of, project };
  }
  throw new Failure(
    "BUILD_UNCLEAR",
    `Cannot tell of ${name}: its server names no revision of a branch or tag that it was made of`,
  );
}

function refOf(branch: string | undefined): RefName | undefined {
  if (branch === undefined) return undefined;
  const whole = branch.startsWith("refs/") ? branch : `refs/heads/${branch}`;
  return refName.safeParse(whole.replace(/^refs\/heads\/tags\//, "refs/tags/")).data;
}

/** Whoever waits for the end of a build that was told to have begun hears that it will not be known. */
function* givenUp(name: string, error: Failure, context: Surrounded): Generator<Message> {
  const { deps, now } = context;
  const { about: of, begun } = deps.watched.all.get(name) ?? {};
  if (of !== undefined && begun !== undefined)
    yield ended(of, begun, now(), {
      outcome: "errored",
      code: error.code,
      reason: error.message.slice(0, 1_000),
    });
  yield said(name, error, context);
}

function said(name: string, error: Failure, { log, now }: Surrounded): Message {
  log.warn({ error, build: name }, `a build is looked after no more: ${error.message}`);
  const text = `${error.message} [${codeOf(error)}]`.slice(0, 2_000);
  return message("event.said", { source: "ci-status", text, at: now().toISOString() });
}
