import { join } from "node:path";
import { z } from "zod";
import { ofGit, type SharedSettings } from "../lib/config/settings.ts";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { openMirrors } from "../lib/effects/git.ts";
import { reasonOf } from "../lib/failure.ts";
import { message, type Message } from "../lib/messages/catalogue.ts";
import type { RepositoryName } from "../lib/schema/names.ts";
import { duration } from "../lib/schema/quantities.ts";
import { atMost } from "../lib/pace/at-most.ts";
import { type BackOff, backOff } from "../lib/pace/back-off.ts";
import { updatesOf } from "./repo-updater/updates.ts";

const settings = z.strictObject({
  retry: duration
    .prefault("10s")
    .describe(
      "How long to wait before a repository that could not be fetched is tried again; doubled each time.",
    ),
  "retry-most": duration.prefault("10m").describe("How long to wait at most."),
  parallel: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe("How many repositories are fetched at once when all are."),
});
type Settings = z.infer<typeof settings>;

interface Deps {
  readonly fetch: (repository: RepositoryName) => Promise<Message[]>;
  /** Those that were not fetched yet, or could not be when they were last tried. */
  readonly missing: BackOff<RepositoryName>;
}
type Surrounded = Context<Settings, Deps>;

export const repoUpdater = defineDaemon<Settings, Deps>({
  name: "repo-updater",
  summary: "Keeps a mirror of every repository fresh.",
  config: settings,
  // A burst of pushes shares its fetches only if all of it is in hand.
  concurrency: 256,
  deps: ({ retry, "retry-most": most }, { host, settings: { state, repositories } }) => ({
    fetch: updatesOf(openMirrors(join(state, "mirrors"), repositories), host),
    missing: backOff(namesOf(repositories), { first: retry, most }),
  }),
  on: {
    "commit.pushed": ({ repository }, context) =>
      Object.hasOwn(ofGit(context.settings.repositories), repository) ? fetchOrSay(repository, context) : [],
  },
  // What was missed while nobody listened is fetched with everything else.
  reconcile: (context) => fetchAll(namesOf(context.settings.repositories), context),
  every: {
    interval: ({ retry }) => retry,
    tick: (context) => fetchAll(context.deps.missing.due(context.now()), context),
  },
});

const namesOf = (repositories: SharedSettings["repositories"]): RepositoryName[] =>
  Object.keys(ofGit(repositories)) as RepositoryName[];

async function fetchAll(names: readonly RepositoryName[], context: Surrounded): Promise<Message[]> {
  const results = await atMost(context.config.parallel, names, (repository) =>
    fetchOrSay(repository, context),
  );
  return results.flat();
}

/** Fetches; what stands in the way is said once, and tried again until it has passed. */
async function fetchOrSay(repository: RepositoryName, context: Surrounded): Promise<Message[]> {
  const { deps, log, now } = context;
  try {
    const said = await deps.fetch(repository);
    return deps.missing.succeeded(repository)
      ? [...said, event(`${repository} can be fetched again`, context)]
      : said;
  } catch (error) {
    if (!deps.missing.failed(repository, now())) return [];
    log.warn({ error, repository }, reasonOf(error));
    return [event(reasonOf(error), context)];
  }
}

const event = (text: string, { host, now }: Surrounded): Message =>
  message("event.said", {
    source: "repo-updater",
    text: `${host}: ${text}`.slice(0, 2_000),
    at: now().toISOString(),
  });
