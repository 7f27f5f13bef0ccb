import { join } from "node:path";
import { z } from "zod";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { openRepository } from "../lib/effects/git.ts";
import { openPushSpool, type PushSpool, type SpooledPush } from "../lib/effects/push-spool.ts";
import { reasonOf } from "../lib/failure.ts";
import { type Data, message, type Message } from "../lib/messages/catalogue.ts";
import { safeText } from "../lib/safe-text.ts";
import { isNoRevision, type RefName, refName } from "../lib/schema/names.ts";
import { duration } from "../lib/schema/quantities.ts";
import { pushOf } from "./announcer/push.ts";
import { type Moved, readSpooled, type Spooled } from "./announcer/spooled.ts";

const settings = z.strictObject({
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
  deps: async (_config, { settings: { state } }) => ({
    spool: await openPushSpool(join(state, "spool", "announce")),
  }),
  dispose: ({ spool }) => spool.close(),
  every: { interval: () => 0, tick: announce },
});

/** Announces what is in the spool, then waits for more. A file goes only after its messages are safe. */
async function* announce(context: Surrounded): AsyncGenerator<Message> {
  const { spool } = context.deps;
  for (const spooled of await spool.list()) {
    const push = readSpooled(spooled.contents);
    if (push === undefined || !Object.hasOwn(context.settings.repositories, push.repository)) {
      context.log.warn(
        { file: spooled.file },
        push === undefined
          ? "not a push that the hook wrote: set aside"
          : `a push to ${push.repository}, which is not configured: set aside`,
      );
      await spool.reject(spooled);
      continue;
    }
    yield* messagesOf(push, spooled, context);
    await spool.remove(spooled);
  }
  await spool.wait(context.config.poll);
}

async function* messagesOf(
  push: Spooled,
  { at }: SpooledPush,
  { settings: { repositories }, log }: Surrounded,
): AsyncGenerator<Message> {
  const url = repositories[push.repository]?.url;
  const path = url?.startsWith("/") === true ? url : push.path;
  for (const moved of push.moved) {
    const ref = refName.safeParse(moved.ref);
    if (!ref.success) {
      const text = `[${push.repository}] ${safeText(moved.ref).slice(0, 300)} is not announced: it ${ref.error.issues[0]?.message ?? "is no ref"}`;
      yield message("event.said", { source: "announcer", text, at: at.toISOString() });
      continue;
    }
    try {
      yield message("commit.pushed", await pushOf(openRepository(path), push, moved, ref.data, at));
    } catch (error) {
      // Without its commits a push is still news: mirrors fetch, and CI builds.
      log.warn(
        { error, repository: push.repository },
        `cannot read the commits of a push: ${reasonOf(error)}`,
      );
      yield message("commit.pushed", bare(push, moved, ref.data, at));
    }
  }
}

function bare(
  { repository }: Spooled,
  { before, after }: Moved,
  ref: RefName,
  at: Date,
): Data<"commit.pushed"> {
  const change = isNoRevision(after) ? "deleted" : isNoRevision(before) ? "created" : "updated";
  return { repository, ref, before, after, change, at: at.toISOString(), commits: [], total: 0 };
}
