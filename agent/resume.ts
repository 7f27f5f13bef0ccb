import { kindOf } from "../lib/effects/files.ts";
import { reasonOf } from "../lib/failure.ts";
import type { Message } from "../lib/messages/catalogue.ts";
import { carriedApps, type Here } from "./desk.ts";
import { goOn, told } from "./told.ts";
import type { Carried } from "./work.ts";

/** Goes on with every deploy that was left half-done. What they say comes with the `news`: no start waits for a script. */
export async function resume(here: Here): Promise<void> {
  for (const carried of carriedApps(here)) {
    await resumeApp(carried, here).catch((error: unknown) =>
      here.log.error({ app: carried.name, error }, `cannot go on with ${carried.name}: ${reasonOf(error)}`),
    );
  }
}

async function resumeApp(carried: Carried, here: Here): Promise<void> {
  const { engineOf, resumed } = here.deps;
  // An app that was never deployed here needs no folders yet.
  if ((await kindOf(carried.layout.journal)) === undefined) return;
  const engine = await engineOf(carried);
  for (const [rollout, deploy] of engine.book.deploys()) {
    const feed = goOn(engine, deploy, carried, here);
    if (feed === undefined) continue;
    here.log.info({ rollout, app: carried.name }, `going on with rollout ${rollout} of ${carried.name}`);
    resumed.push(feed);
  }
}

/** What the deploys say that were gone on with at the start. */
export async function* news(here: Here): AsyncGenerator<Message, void> {
  const { resumed } = here.deps;
  for (let feed = resumed.shift(); feed !== undefined; feed = resumed.shift()) yield* told(feed, here);
}
