import { join } from "node:path";
import { z } from "zod";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { openMirrors } from "../lib/effects/git.ts";
import { reasonOf } from "../lib/failure.ts";
import { message, type Message } from "../lib/messages/catalogue.ts";
import type { RepositoryName } from "../lib/schema/names.ts";
import { duration } from "../lib/schema/quantities.ts";
import { type Coalesced, coalesced } from "./repo-updater/coalesced.ts";
import { atMost } from "./repo-updater/at-most.ts";

const settings = z.strictObject({
  retry: duration
    .prefault("10s")
    .describe("How long to wait before a repository that could not be fetched is tried again."),
  parallel: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe("How many repositories are fetched at once when all are."),
});
type Settings = z.infer<typeof settings>;

interface Deps {
  /** Fetches a repository: who asks while a fetch runs shares the next one. */
  readonly fetch: Coalesced<RepositoryName, Message[]>;
  /** Those that could not be fetched when they were last tried. */
  readonly failed: Set<RepositoryName>;
}
type Surrounded = Context<Settings, Deps>;

export const repoUpdater = defineDaemon<Settings, Deps>({
  name: "repo-updater",
  summary: "Keeps a mirror of every repository fresh.",
  config: settings,
  concurrency: 256,
  deps: (_config, { host, settings: { state, repositories } }) => {
    const mirrors = openMirrors(join(state, "mirrors"), repositories);
    return {
      failed: new Set(),
      fetch: coalesced(async (repository) => {
        const begun = Date.now();
        const changes = await mirrors.fetch(repository);
        const at = new Date();
        const seconds = (at.getTime() - begun) / 1_000;
        return changes.length === 0
          ? []
          : [
              message("mirror.updated", {
                repository,
                host,
                // Git allows names of thousands of characters, a message of fewer.
                changes: changes
                  .slice(0, 1_000)
                  .map(({ ref, before, after }) => ({ ref: ref.slice(0, 300), before, after })),
                at: at.toISOString(),
                seconds,
              }),
            ];
      }),
    };
  },
  on: {
    "commit.pushed": ({ repository }, context) =>
      Object.hasOwn(context.settings.repositories, repository) ? fetchOrSay(repository, context) : [],
  },
  // What was missed while nobody listened is fetched with everything else.
  reconcile: (context) => fetchAll(Object.keys(context.settings.repositories) as RepositoryName[], context),
  every: { interval: ({ retry }) => retry, tick: (context) => fetchAll([...context.deps.failed], context) },
});

async function fetchAll(names: readonly RepositoryName[], context: Surrounded): Promise<Message[]> {
  const results = await atMost(context.config.parallel, names, (repository) =>
    fetchOrSay(repository, context),
  );
  return results.flat();
}

/** Fetches; what stands in the way is said once, and tried again until it has passed. */
async function fetchOrSay(
  repository: RepositoryName,
  { deps, host, log, now }: Surrounded,
): Promise<Message[]> {
  try {
    const said = await deps.fetch(repository);
    deps.failed.delete(repository);
    return said;
  } catch (error) {
    if (deps.failed.has(repository)) return [];
    deps.failed.add(repository);
    log.warn({ error, repository }, reasonOf(error));
    const text = `${host}: ${reasonOf(error)}`.slice(0, 2_000);
    return [message("event.said", { source: "repo-updater", text, at: now().toISOString() })];
  }
}
