import type { Context } from "../../lib/daemon/define.ts";
import { pause } from "../../lib/effects/clock.ts";
import { reasonOf } from "../../lib/failure.ts";
import type { Message } from "../../lib/messages/catalogue.ts";
import { atMost } from "../../lib/pace/at-most.ts";
import type { BuildId } from "../../lib/schema/names.ts";
import type { Following } from "./around.ts";
import { advance } from "./follow.ts";
import type { Settings } from "./settings.ts";
import { tell } from "./tell.ts";

type Surrounded = Context<Settings, Following>;

/** How many builds of one server are looked at together. */
const TOGETHER = 4;
/** How long answers are waited for before other work goes on, in milliseconds. */
const QUICK = 2_000;
/** When a build is looked at again of which nothing could be written down, in milliseconds. */
const AFTER_FAILURE = 30_000;

/**
 * Looks at the builds whose turn it is, then tells what there is to tell. A server that is slow to answer holds up neither the
 * other servers nor the next push: what it answers is told at a later look.
 */
export async function* lookAt(context: Surrounded): AsyncGenerator<Message> {
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
