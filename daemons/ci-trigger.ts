import { randomBytes } from "node:crypto";
import { listeningOf } from "../lib/config/listening.ts";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { filled, valuesOf } from "../lib/effects/ci/fill.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import { type Data, message, type Message } from "../lib/messages/catalogue.ts";
import type { Envelope } from "../lib/messages/envelope.ts";
import { buildId } from "../lib/schema/names.ts";
import type { Following } from "./ci-trigger/around.ts";
import { answerCallback } from "./ci-trigger/callback.ts";
import { jobsFor, leadsNowhere } from "./ci-trigger/jobs.ts";
import { lookAt } from "./ci-trigger/look.ts";
import { closeFollowing, openFollowing } from "./ci-trigger/open.ts";
import { type Settings, settings as schema } from "./ci-trigger/settings.ts";

type Surrounded = Context<Settings, Following>;
type Push = Data<"commit.pushed">;

/** How often is looked where there are no jobs: builds of former ones may still be followed. In milliseconds. */
const IDLE = 5_000;

export const ciTrigger = defineDaemon<Settings, Following>({
  name: "ci-trigger",
  summary: "Asks CI for a build of every push that a job watches, and follows it until its end.",
  config: schema,
  wanted: ({ jobs }, { repositories }) =>
    Object.keys(jobs).length > 0 || Object.values(repositories).some(({ ci }) => ci),
  deps: openFollowing,
  dispose: closeFollowing,
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
  every: { interval: ({ poll, jobs }) => (Object.keys(jobs).length === 0 ? IDLE : poll), tick: lookAt },
  serve: { at: listeningOf, answer: answerCallback },
});

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
