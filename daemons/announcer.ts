import { join, resolve } from "node:path";
import { defineDaemon } from "../lib/daemon/define.ts";
import { samePlace } from "../lib/effects/files.ts";
import { isAnnounced } from "../lib/effects/hooks.ts";
import { openPushSpool, type SpooledFile } from "../lib/effects/push-spool.ts";
import { reasonOf } from "../lib/failure.ts";
import type { Message } from "../lib/messages/catalogue.ts";
import { type RepositoryName, repositoryName } from "../lib/schema/names.ts";
import { announcePush, sweepGit } from "./announcer/git.ts";
import { type Known, openKnown } from "./announcer/known.ts";
import { readSpooled, type Spooled } from "./announcer/spooled.ts";
import { type Deps, settings, type Surrounded } from "./announcer/surrounded.ts";
import { announceRevisions } from "./announcer/svn.ts";

/** What was seen in a repository, and no hook told of, is looked at again so soon, in milliseconds. */
const SETTLES = 5_000;

export const announcer = defineDaemon<Surrounded["config"], Deps>({
  name: "announcer",
  summary:
    "Tells of every push and commit: of those that a hook wrote down, and of those that no hook told of.",
  config: settings,
  deps: async ({ spool }, { settings: { state }, log }) => {
    let known: Promise<Known> | undefined;
    return {
      spool: await openPushSpool(resolve(state, spool)),
      known: () =>
        (known ??= openKnown(join(state, "announced"), log).catch((error: unknown) => {
          known = undefined;
          throw error;
        })),
      places: new Map(),
      sweeping: { due: 0, troubled: new Set() },
    };
  },
  dispose: ({ spool }) => spool.close(),
  every: { interval: () => 0, tick: announce },
});

/** Announces what there is, then waits for more, also where something went wrong: it is tried again, but not at once. */
async function* announce(context: Surrounded): AsyncGenerator<Message> {
  const { spool, sweeping } = context.deps;
  const left = () => sweeping.due - context.now().getTime();
  try {
    let trouble: Error | undefined;
    try {
      yield* announceSpooled(context);
    } catch (error) {
      // Where there is no spool, hooks tell of nothing: then it is looked for all the more.
      trouble = error instanceof Error ? error : new Error(reasonOf(error));
    }
    if (left() <= 0) yield* sweep(context, trouble === undefined);
    if (trouble !== undefined) throw trouble;
  } finally {
    await spool.wait(Math.max(1, Math.min(context.config.poll, left())), context.signal);
  }
}

async function* announceSpooled(context: Surrounded): AsyncGenerator<Message> {
  // Where it is not known what was announced, files stay.
  await context.deps.known();
  for (const spooled of await context.deps.spool.list())
    if (!context.signal.aborted) yield* announceOne(spooled, context);
}

/** A file goes only after its messages are safe: what follows a `yield` runs once the message was published. */
async function* announceOne(spooled: SpooledFile, context: Surrounded): AsyncGenerator<Message> {
  const { deps, log } = context;
  try {
    const told = readSpooled(await deps.spool.read(spooled));
    if (told === undefined) throw new Error("it is not what a hook writes");
    yield* messagesOf(told, spooled.at, context);
    await deps.spool.remove(spooled);
  } catch (error) {
    log.warn({ file: spooled.file }, `a push is set aside: ${reasonOf(error)}`);
    await deps.spool
      .reject(spooled)
      .catch((again: unknown) => log.error({ error: again, file: spooled.file }, "it cannot be set aside"));
  }
}

async function* messagesOf(told: Spooled, at: Date, context: Surrounded): AsyncGenerator<Message> {
  const { repositories } = context.settings;
  const name = await nameOf(told, repositories);
  if (name === undefined) {
    if (told.kind === "push" && told.common) return;
    throw new Error(`${told.name} is not among the repositories of the configuration`);
  }
  const { type, url } = repositories[name] ?? { type: "git", url: "" };
  if (type !== (told.kind === "push" ? "git" : "svn"))
    throw new Error(`${name} is a repository of ${type} in the configuration`);
  // The configuration is ours; the spool is open to all who may push.
  const path = url.startsWith("/") ? url : told.path;
  context.deps.places.set(name, path);
  if (told.kind === "push") yield* announcePush(name, path, told, at, context);
  else yield* announceRevisions(name, path, told.revision, context);
}

/** What the configuration calls a repository: as its hook does, or, of one hook for many, whatever has its path. */
async function nameOf(
  told: Spooled,
  repositories: Surrounded["settings"]["repositories"],
): Promise<RepositoryName | undefined> {
  if (told.name !== undefined && Object.hasOwn(repositories, told.name)) return told.name;
  if (told.kind !== "push" || !told.common) return undefined;
  for (const [name, { url }] of Object.entries(repositories))
    if (url.startsWith("/") && (await samePlace(url, told.path))) return repositoryName.parse(name);
  return undefined;
}

/** Looks at every repository that has the hook; one that cannot be looked at keeps no other from it. */
async function* sweep(context: Surrounded, spooled: boolean): AsyncGenerator<Message> {
  const catchUp = () => (spooled ? announceSpooled(context) : nothing());
  const { config, deps, log, settings } = context;
  const known = await deps.known();
  let soon = false;
  for (const [each, { type, url }] of Object.entries(settings.repositories)) {
    const name = repositoryName.parse(each);
    const path = url.startsWith("/") ? url : (deps.places.get(name) ?? known.pathOf(name));
    if (path === undefined || context.signal.aborted) continue;
    try {
      const isWanted = await isAnnounced(path, name);
      // Where the hook was taken out, what happens from now on is nobody's news.
      if (isWanted === false) await known.forget(name);
      if (isWanted !== true) continue;
      if (type === "svn") yield* announceRevisions(name, path, undefined, context);
      else soon = (yield* sweepGit(name, path, catchUp, context)) || soon;
      deps.sweeping.troubled.delete(name);
    } catch (error) {
      if (deps.sweeping.troubled.has(name)) continue;
      deps.sweeping.troubled.add(name);
      log.warn({ error, repository: name }, `a repository cannot be looked at: ${reasonOf(error)}`);
    }
  }
  await known.settle();
  deps.sweeping.due = context.now().getTime() + (soon ? Math.min(SETTLES, config.sweep) : config.sweep);
}

async function* nothing(): AsyncGenerator<Message> {}
