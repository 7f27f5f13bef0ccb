import { resolve } from "node:path";
import { z } from "zod";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { openRepository } from "../lib/effects/git.ts";
import { openPushSpool, type PushSpool, type SpooledFile } from "../lib/effects/push-spool.ts";
import { reasonOf } from "../lib/failure.ts";
import { message, type Message } from "../lib/messages/catalogue.ts";
import { safeText } from "../lib/safe-text.ts";
import { type RefName, refName } from "../lib/schema/names.ts";
import { duration } from "../lib/schema/quantities.ts";
import { pushOf, toldOf } from "./announcer/push.ts";
import { type Moved, readSpooled, type Spooled } from "./announcer/spooled.ts";

const settings = z.strictObject({
  spool: z
    .string()
    .min(1)
    .default("spool/announce")
    .describe("The folder that the hook writes to. A relative path is taken from the state folder."),
  poll: duration
    .prefault("1s")
    .describe("How often the spool is looked at, where the system does not tell of new files."),
});
type Settings = z.infer<typeof settings>;
type Surrounded = Context<Settings, { readonly spool: PushSpool }>;

export const announcer = defineDaemon<Settings, { readonly spool: PushSpool }>({
  name: "announcer",
  summary: "Tells of every push that the hook wrote down.",
  config: settings,
  deps: async ({ spool }, { settings: { state } }) => ({ spool: await openPushSpool(resolve(state, spool)) }),
  dispose: ({ spool }) => spool.close(),
  every: { interval: () => 0, tick: announce },
});

/** Announces what is in the spool, then waits for more, also where something went wrong: it is tried again, but not at once. */
async function* announce(context: Surrounded): AsyncGenerator<Message> {
  const { spool } = context.deps;
  try {
    for (const spooled of await spool.list()) yield* announceOne(spooled, context);
  } finally {
    await spool.wait(context.config.poll, context.signal);
  }
}

/** A file goes only after its messages are safe: what follows a `yield` runs once the message was published. */
async function* announceOne(spooled: SpooledFile, context: Surrounded): AsyncGenerator<Message> {
  const { deps, log } = context;
  const push = await announceable(spooled, context);
  if (typeof push !== "string") {
    yield* messagesOf(push, spooled.at, context);
    await deps.spool.remove(spooled);
    return;
  }
  log.warn({ file: spooled.file }, `a push is set aside: ${push}`);
  await deps.spool
    .reject(spooled)
    .catch((error: unknown) => log.error({ error, file: spooled.file }, "it cannot be set aside"));
}

/** What a file tells of, or why it is not announced. */
async function announceable(
  spooled: SpooledFile,
  { deps, settings: { repositories } }: Surrounded,
): Promise<Spooled | string> {
  try {
    const push = readSpooled(await deps.spool.read(spooled));
    if (push === undefined) return "it is not what the hook writes";
    const known = Object.hasOwn(repositories, push.repository);
    return known ? push : `${push.repository} is not among the repositories of the configuration`;
  } catch (error) {
    return reasonOf(error);
  }
}

async function* messagesOf(push: Spooled, at: Date, context: Surrounded): AsyncGenerator<Message> {
  for (const moved of push.moved) {
    const ref = refName.safeParse(moved.ref);
    if (ref.success) yield await pushedTo(ref.data, moved, push, at, context);
    else yield unannounced(push, moved, at, ref.error.issues[0]?.message ?? "is no ref");
  }
}

async function pushedTo(
  ref: RefName,
  moved: Moved,
  push: Spooled,
  at: Date,
  { settings: { repositories }, log }: Surrounded,
): Promise<Message> {
  // The configuration is ours; the spool is open to all who may push.
  const url = repositories[push.repository]?.url;
  const path = url?.startsWith("/") === true ? url : push.path;
  try {
    const told = await pushOf(openRepository(path), push, moved, ref, at);
    return told === undefined
      ? unannounced(push, moved, at, "leads to no commit")
      : message("commit.pushed", told);
  } catch (error) {
    log.warn(
      { error, repository: push.repository },
      `the commits of a push cannot be read: ${reasonOf(error)}`,
    );
    return message("commit.pushed", toldOf(push, moved, ref, at));
  }
}

function unannounced({ repository }: Spooled, { ref }: Moved, at: Date, why: string): Message {
  const text = `[${repository}] ${safeText(ref).slice(0, 300)} is not announced: it ${why}`;
  return message("event.said", { source: "announcer", text, at: at.toISOString() });
}
