import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { waitForAny } from "../lib/effects/watch-all.ts";
import type { SpooledFile } from "../lib/effects/push-spool.ts";
import { codeOf, reasonOf } from "../lib/failure.ts";
import { message, type Message } from "../lib/messages/catalogue.ts";
import { merged } from "../lib/pace/merged.ts";
import { type Settings, settings } from "./package-announcer/configuration.ts";
import { openSources, type Sources } from "./package-announcer/opening.ts";
import { readSpooled, type Spooled, type Told } from "./package-announcer/spooled.ts";

type Surrounded = Context<Settings, Sources>;

export const packageAnnouncer = defineDaemon<Settings, Sources>({
  name: "package-announcer",
  summary: "Tells of every package that came into an archive, was replaced there, or was taken out.",
  config: settings,
  wanted: ({ spool, reprepro, archives }) =>
    spool !== undefined || Object.keys(reprepro).length > 0 || Object.keys(archives).length > 0,
  deps: openSources,
  dispose: ({ spool, folders }) => {
    spool.close();
    for (const each of folders) each.close();
  },
  every: { interval: () => 0, tick: look },
});

/** Looks everywhere once, then waits for more. While a slow archive answers, what is in the spool is announced. */
async function* look(context: Surrounded): AsyncGenerator<Message> {
  const { deps, config, now, signal } = context;
  const slow = [
    ...deps.intakes.map((intake) => quietly("incoming", intake.take(now), context)),
    ...deps.polls.map((poll) => quietly("archive", poll.look(now()), context)),
  ];
  const looked = new AbortController();
  async function* others(): AsyncGenerator<Message> {
    try {
      yield* merged(slow);
    } finally {
      looked.abort();
    }
  }
  yield* merged([others(), announceUntil(looked.signal, context)]);
  await waitForAny([deps.spool, ...deps.folders], config.poll, signal);
}

async function* announceUntil(looked: AbortSignal, context: Surrounded): AsyncGenerator<Message> {
  do {
    yield* quietly("spool", announceSpooled(context), context);
    await context.deps.spool.wait(context.config.poll, looked);
  } while (!looked.aborted);
}

/** A file goes only after its messages are safe: what follows a `yield` runs once the message was published. */
async function* announceSpooled({ deps, log }: Surrounded): AsyncGenerator<Told> {
  for (const file of await deps.spool.list()) {
    const spooled = await readable(file, deps);
    if (spooled === undefined) {
      log.warn({ file: file.file }, "a file of the spool is set aside: it is not what Skein's hook writes");
      await deps.spool.reject(file);
      continue;
    }
    for (const line of spooled.wrong)
      log.warn({ file: file.file, line: line.slice(0, 500) }, "a line of the spool cannot be read");
    for (const change of spooled.changes) yield { change };
    for (const poll of deps.polls) if (spooled.looks.includes(poll.name)) poll.hurry();
    await deps.spool.remove(file);
  }
}

async function readable(file: SpooledFile, { spool }: Sources): Promise<Spooled | undefined> {
  try {
    return readSpooled(await spool.read(file), file.at);
  } catch {
    return undefined;
  }
}

/** One that fails holds up no other: it is tried again at the next look. */
async function* quietly(
  source: string,
  telling: AsyncGenerator<Told>,
  context: Surrounded,
): AsyncGenerator<Message> {
  try {
    for await (const told of telling) yield saidOf(told, context);
  } catch (error) {
    context.log.warn({ error, source, code: codeOf(error) }, reasonOf(error));
  }
}

function saidOf(told: Told, { host, now }: Surrounded): Message {
  if ("change" in told) return message("package.published", told.change);
  return message("event.said", {
    source: "package-announcer",
    text: `${host}: ${told.trouble}`.slice(0, 2_000),
    at: now().toISOString(),
  });
}
