import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openCiServer } from "../lib/config/ci-servers.ts";
import { listeningOf } from "../lib/config/listening.ts";
import { readSecret } from "../lib/config/secrets.ts";
import type { SharedSettings } from "../lib/config/settings.ts";
import { type Context, defineDaemon, type Surroundings } from "../lib/daemon/define.ts";
import { filled, valuesOf } from "../lib/effects/ci/fill.ts";
import { pause } from "../lib/effects/clock.ts";
import { http } from "../lib/effects/http.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import { type Data, message, type Message } from "../lib/messages/catalogue.ts";
import type { Envelope } from "../lib/messages/envelope.ts";
import { atMost } from "../lib/pace/at-most.ts";
import { isLoopback } from "../lib/schema/address.ts";
import { type BuildId, buildId } from "../lib/schema/names.ts";
import { leaveBuilds, shareBuilds } from "./ci-trigger/builds.ts";
import { answerCallback } from "./ci-trigger/callback.ts";
import type { Following } from "./ci-trigger/around.ts";
import { advance } from "./ci-trigger/follow.ts";
import { jobsFor, leadsNowhere } from "./ci-trigger/jobs.ts";
import { type Settings, settings as schema } from "./ci-trigger/settings.ts";
import { tell } from "./ci-trigger/tell.ts";

interface Deps extends Following {
  readonly folder: string;
  /** The servers that are just being asked, and what waits for their answers. */
  readonly passes: Map<string, Promise<unknown>>;
}
type Surrounded = Context<Settings, Deps>;
type Push = Data<"commit.pushed">;

/** How many builds of one server are looked at together. */
const TOGETHER = 4;
/** How long answers are waited for before other work goes on, in milliseconds. */
const QUICK = 2_000;
/** When a build is looked at again of which nothing could be written down, in milliseconds. */
const AFTER_FAILURE = 30_000;

export const ciTrigger = defineDaemon<Settings, Deps>({
  name: "ci-trigger",
  summary: "Asks CI for a build of every push that a job watches, and follows it until its end.",
  config: schema,
  wanted: ({ jobs }, { repositories }) =>
    Object.keys(jobs).length > 0 || Object.values(repositories).some(({ ci }) => ci),
  deps: open,
  dispose: async ({ folder, passes }) => {
    await Promise.all(passes.values());
    leaveBuilds(folder);
  },
  on: {
    "commit.pushed": requestsFor,
    "build.cancelled": async ({ build, by, why }, context) => {
      const { builds } = context.deps;
      const changed = await builds.change(build, (found) =>
        found === undefined || found.state === "ended" || found.cancelled !== undefined
          ? undefined
          : { ...found, cancelled: { by, why, sent: false } },
      );
      if (changed === undefined) return [];
      builds.setTurn(build, { due: 0, tries: 0 });
      return lookAt(context);
    },
  },
  // Without jobs there is hardly anything to look at: builds of jobs that there were.
  every: { interval: ({ poll, jobs }) => (Object.keys(jobs).length === 0 ? 60_000 : poll), tick: lookAt },
  serve: { at: listeningOf, answer: answerCallback },
});

async function open(config: Settings, { settings, log }: Surroundings): Promise<Deps> {
  insistOnNames(config, settings);
  const servers = Object.entries(config.servers).map(
    ([name, each]) => [name, openCiServer(name, each, settings, http)] as const,
  );
  const tokens = Object.entries(config.jobs).flatMap(([name, { token }]) =>
    token === undefined ? [] : [[name, readSecret(token, `the job ${name}`, settings)] as const],
  );
  for (const [name, { insecure, url }] of Object.entries(config.servers))
    if (insecure && url.startsWith("http:") && !isLoopback(new URL(url).hostname))
      log.warn({ server: name }, `the CI server ${name} is spoken to without TLS: others can read its token`);
  for (const [name, { repository }] of Object.entries(config.jobs))
    if (!Object.hasOwn(settings.repositories, repository))
      log.warn({ job: name }, `the job ${name} builds ${repository}, which is not among the repositories`);
  const folder = join(settings.state, "ci-trigger");
  const onDamaged = (file: string) =>
    log.error({ file }, "a build that was followed cannot be read; it is set aside");
  return {
    folder,
    builds: await shareBuilds(folder, onDamaged),
    servers: new Map(servers),
    tokens: new Map(tokens),
    troubled: new Set(),
    passes: new Map(),
  };
}

/** @throws {Failure} CONFIG_INVALID where two builds would have the same id */
function insistOnNames({ jobs }: Settings, { repositories }: SharedSettings): void {
  const both = Object.keys(jobs).find(
    (name) =>
      Object.hasOwn(repositories, name) &&
      (repositories as Readonly<Record<string, { ci: boolean }>>)[name]?.ci,
  );
  if (both !== undefined)
    throw new Failure(
      "CONFIG_INVALID",
      `Cannot use ci-trigger.jobs.${both}: the builds of the repository ${both} have this name, for it says \`ci: true\``,
    );
}

async function* requestsFor(push: Push, context: Surrounded, { id }: Envelope): AsyncGenerator<Message> {
  const { repository, ref, after } = push;
  const { repositories } = context.settings;
  if (leadsNowhere(push)) return;
  const watched = Object.hasOwn(repositories, repository) && repositories[repository]?.ci === true;
  if (watched && ref.startsWith("refs/heads/"))
    // Derived, not random: the same push delivered twice asks for the same build.
    yield message("build.requested", {
      build: buildId.parse(`${repository}@${after}`),
      repository,
      ref,
      revision: after,
      pipeline: repository,
    });
  const names = jobsFor(push, context.config.jobs);
  try {
    for (const name of names) await follow(name, push, id, context);
  } catch (cause) {
    throw new Failure("SPOOL_FAILED", `Cannot write down which builds a push asks for: ${reasonOf(cause)}`, {
      cause,
      transient: true,
    });
  }
  if (names.length > 0) yield* lookAt(context);
}

/** Writes down that a build is wanted, unless it is under way, or this very push asked for it before. */
async function follow(
  name: string,
  push: Push,
  id: string,
  { config, deps, now }: Surrounded,
): Promise<void> {
  const job = config.jobs[name];
  if (job === undefined) return;
  const { repository, project, ref, after: revision } = push;
  const build = buildId.parse(`${name}@${revision}`);
  const about = { build, repository, ...(project === undefined ? {} : { project }), ref, revision };
  const values = valuesOf({ ...about, job: name });
  await deps.builds.change(build, (found) =>
    found !== undefined && (found.push === id || found.told !== "end")
      ? undefined
      : {
          ...about,
          job: name,
          server: job.server,
          // What stands for a branch is filled in by whoever knows how its server names branches.
          place: filled(job.job, { ...values, branch: "{branch}" }),
          parameters: Object.fromEntries(
            Object.entries(job.parameters).map(([key, text]) => [key, filled(text, values)]),
          ),
          push: id,
          wanted: now().getTime(),
          state: "wanted",
          handle: {},
          told: "nothing",
          log: { from: "", sequence: 0, bytes: 0 },
          ...(config.servers[job.server]?.callback === undefined
            ? {}
            : { secret: randomBytes(32).toString("base64url") }),
        },
  );
}

/**
 * Looks at the builds whose turn it is, then tells what there is to tell. A server that is slow to answer holds up neither the
 * other servers nor the next push: what it answers is told at a later look.
 */
async function* lookAt(context: Surrounded): AsyncGenerator<Message> {
  const { deps, now, host } = context;
  const { builds, passes } = deps;
  const due = builds.open().filter(({ build }) => builds.turnOf(build).due <= now().getTime());
  const free = new Set(due.map(({ server }) => server).filter((server) => !passes.has(server)));
  if (free.size > 0) {
    const begun = [...free].map((server) =>
      pass(
        server,
        due.filter((each) => each.server === server),
        context,
      ),
    );
    const answered = new AbortController();
    void Promise.all(begun).then(() => answered.abort());
    await pause(QUICK, answered.signal);
  }
  const told = new Set([...builds.open().map(({ build }) => build), ...builds.unsaid.keys()]);
  for (const build of told) yield* tell(build, builds, host);
}

/** Lets one server be asked about its builds, a few at a time. */
function pass(server: string, those: readonly { build: BuildId }[], context: Surrounded): Promise<unknown> {
  const { deps, now } = context;
  const passing = atMost(TOGETHER, those, async ({ build }) => {
    try {
      await advance(build, context);
    } catch (error) {
      context.log.error({ error, build }, `a build could not be followed: ${reasonOf(error)}`);
      deps.builds.setTurn(build, { due: now().getTime() + AFTER_FAILURE, tries: 0 });
    }
  }).then(() => deps.passes.delete(server));
  deps.passes.set(server, passing);
  return passing;
}
