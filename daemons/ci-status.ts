import { join } from "node:path";
import { openCiServer } from "../lib/config/ci-servers.ts";
import { listeningOf } from "../lib/config/listening.ts";
import { readSecret } from "../lib/config/secrets.ts";
import { type Context, defineDaemon, type Response } from "../lib/daemon/define.ts";
import { http } from "../lib/effects/http.ts";
import { type Asked, json } from "../lib/effects/http-server.ts";
import { openRecords } from "../lib/effects/records.ts";
import { Failure } from "../lib/failure.ts";
import type { Message } from "../lib/messages/catalogue.ts";
import { backOff } from "../lib/pace/back-off.ts";
import { letIn } from "./ci-status/entrance.ts";
import { type Deps, jobOf, lookAt, watched } from "./ci-status/look.ts";
import { type Settings, settings } from "./ci-status/settings.ts";

/** How often is looked whether a build is due, in milliseconds. */
const LOOK = 2_000;
/** How long is waited at most between two looks at a build, in milliseconds. */
const MOST = 60_000;
/** How long the end of a build is remembered, in milliseconds. */
const REMEMBERED = 60 * 60_000;
/** How many builds are looked after at once. */
const MOST_WATCHED = 1_000;
/** A secret that can be guessed lets anybody make us ask. */
const SHORTEST = 16;

export const ciStatus = defineDaemon<Settings, Deps>({
  name: "ci-status",
  summary: "Hears of builds from Jenkins and Buildbot, asks them whether it is true, and tells it.",
  config: settings,
  wanted: ({ sources }) => Object.keys(sources).length > 0,
  deps: async ({ sources, poll }, { settings: shared, log }) => {
    const onDamaged = (file: string) =>
      log.error({ file }, "a build that was looked after cannot be read; it is set aside");
    const kept = await openRecords(join(shared.state, "ci-status"), watched, onDamaged);
    const entries = Object.entries(sources);
    return {
      entrances: new Map(
        entries.map(([name, source]) => [name, { source, secret: secretOf(name, source.secret, shared) }]),
      ),
      servers: new Map(entries.map(([name, { server }]) => [name, openCiServer(name, server, shared, http)])),
      watched: kept,
      turns: backOff(
        [...kept.all].flatMap(([name, { ended }]) => (ended === undefined ? [name] : [])),
        { first: poll, most: MOST },
      ),
    };
  },
  every: { interval: () => LOOK, tick: lookAtAll },
  serve: { at: listeningOf, answer: hear },
});

function secretOf(
  name: string,
  source: Parameters<typeof readSecret>[0],
  shared: { readonly state: string },
) {
  const secret = readSecret(source, `ci-status.sources.${name}`, shared);
  if (secret.reveal().length >= SHORTEST) return secret;
  throw new Failure(
    "CONFIG_INVALID",
    `Cannot use the secret of ci-status.sources.${name}: it must have ${SHORTEST} characters at least`,
  );
}

/** Keeps a notice, and answers at once: the server is asked afterwards, for it may be slow. */
async function hear(asked: Asked, { deps, log, now }: Context<Settings, Deps>): Promise<Response> {
  const came = letIn(asked, deps.entrances);
  if ("answer" in came) return { answer: came.answer, messages: [] };
  const { from, notice } = came;
  const name = `${from}/${notice.job}/${notice.handle.run ?? notice.handle.item}`;
  const ignored = (why: string) => {
    log.debug({ build: name }, `a notice is ignored: ${why}`);
    return { answer: json(200, { ignored: why }), messages: [] };
  };
  if (jobOf(notice.job, deps.entrances.get(from)?.source.jobs ?? {}) === undefined)
    return ignored("no job of this name is in the configuration");
  if (deps.watched.all.get(name)?.ended !== undefined) return ignored("its end was told");
  if (!deps.watched.all.has(name)) {
    await forget(deps, now().getTime() - REMEMBERED);
    if (deps.watched.all.size >= MOST_WATCHED) return { answer: { status: 503 }, messages: [] };
    await deps.watched.put(name, { source: from, ...notice, since: now().getTime() });
  }
  // What is new is looked at with the next turn, whatever was waited for.
  deps.turns.wake(name);
  return { answer: json(202, { build: name }), messages: [] };
}

/** Forgets the builds whose end was told before some time. */
async function forget({ watched: kept }: Deps, before: number): Promise<void> {
  for (const [name, { ended }] of kept.all)
    if (ended !== undefined && ended < before) await kept.remove(name);
}

async function* lookAtAll(context: Context<Settings, Deps>): AsyncGenerator<Message> {
  for (const name of context.deps.turns.due(context.now())) yield* lookAt(name, context);
}
