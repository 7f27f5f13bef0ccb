import { join } from "node:path";
import { ofGit, type SharedSettings } from "../lib/config/settings.ts";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { openMirrors } from "../lib/effects/git.ts";
import { reasonOf } from "../lib/failure.ts";
import type { Message } from "../lib/messages/catalogue.ts";
import type { RepositoryName } from "../lib/schema/names.ts";
import { type BackOff, backOff } from "../lib/pace/back-off.ts";
import type { Checkout } from "./repo-updater/checkout.ts";
import { type Checkouts, openCheckouts } from "./repo-updater/checkouts.ts";
import { type Settings, settings } from "./repo-updater/config.ts";
import { fetched, line, problem } from "./repo-updater/news.ts";
import { updatesOf } from "./repo-updater/updates.ts";

interface Deps {
  readonly fetch: (repository: RepositoryName) => Promise<Message[]>;
  /** Those that were not fetched yet, or could not be when they were last tried. */
  readonly missing: BackOff<RepositoryName>;
  readonly checkouts: Checkouts;
}
type Surrounded = Context<Settings, Deps>;

export const repoUpdater = defineDaemon<Settings, Deps>({
  name: "repo-updater",
  summary: "Keeps a mirror of every repository fresh, and checkouts of those that should have some.",
  config: settings,
  // A burst of pushes shares its fetches only if all of it is in hand.
  concurrency: 256,
  deps: async (config, { host, settings: shared, log }) => {
    const { retry: first, "retry-most": most } = config;
    const mirrors = openMirrors(join(shared.state, "mirrors"), shared.repositories);
    const missing = backOff(namesOf(shared.repositories), { first, most });
    const isFresh = (repository: RepositoryName) => !missing.isPending(repository);
    return {
      fetch: updatesOf(mirrors, host, config.parallel),
      missing,
      checkouts: await openCheckouts(config, { settings: shared, log, mirrors, isFresh }),
    };
  },
  on: {
    "commit.pushed": async ({ repository }, context) =>
      isKnown(repository, context) ? refresh([repository], context) : [],
    "build.finished": async (build, context) => {
      const waiting = isKnown(build.repository, context)
        ? context.deps.checkouts.of(build.repository).filter(({ config: { on } }) => on === "build")
        : [];
      if (waiting.length === 0) return [];
      // The build may be heard of before the push.
      const said = build.outcome === "passed" ? await fetchOrSay(build.repository, context) : [];
      const fresh = !context.deps.missing.isPending(build.repository);
      await Promise.all(waiting.map((each) => each.note(build, fresh)));
      return [...said, ...(await updateAll(waiting, context))];
    },
  },
  // What was missed while nobody listened is fetched with everything else.
  reconcile: (context) => {
    const names = namesOf(context.settings.repositories);
    for (const each of names.flatMap((name) => context.deps.checkouts.of(name)))
      context.deps.checkouts.doubt(each);
    return refresh(names, context);
  },
  every: {
    interval: ({ retry }) => retry,
    tick: async (context) => {
      const { missing, checkouts } = context.deps;
      const said = await refresh(missing.due(context.now()), context);
      return [...said, ...(await updateAll(checkouts.due(context.now()), context))];
    },
  },
});

const namesOf = (repositories: SharedSettings["repositories"]): RepositoryName[] =>
  Object.keys(ofGit(repositories)) as RepositoryName[];

const isKnown = (repository: RepositoryName, { settings: { repositories } }: Surrounded): boolean =>
  Object.hasOwn(ofGit(repositories), repository);

/** Fetches repositories, and updates what is checked out of each as soon as it is there. */
async function refresh(names: readonly RepositoryName[], context: Surrounded): Promise<Message[]> {
  const each = async (repository: RepositoryName) => {
    const said = await fetchOrSay(repository, context);
    return [...said, ...(await updateAll(context.deps.checkouts.of(repository), context))];
  };
  return (await Promise.all(names.map(each))).flat();
}

/** Fetches; what stands in the way is said once, and tried again until it has passed. */
async function fetchOrSay(repository: RepositoryName, context: Surrounded): Promise<Message[]> {
  const { deps, log, now } = context;
  try {
    const changes = await deps.fetch(repository);
    const said = changes.flatMap((each) =>
      each.type === "mirror.updated" ? [each, ...fetched(each.data, context)] : [each],
    );
    return deps.missing.succeeded(repository)
      ? [...said, ...line("problem", `can fetch ${repository} again`, context)]
      : said;
  } catch (error) {
    if (!deps.missing.failed(repository, now())) return [];
    log.warn({ error, repository }, reasonOf(error));
    return problem(error, context);
  }
}

async function updateAll(checkouts: readonly Checkout[], context: Surrounded): Promise<Message[]> {
  const said = await Promise.all(checkouts.map((each) => context.deps.checkouts.update(each, context)));
  return said.flat();
}
