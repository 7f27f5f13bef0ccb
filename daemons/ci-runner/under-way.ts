import type { Message } from "../../lib/messages/catalogue.ts";
import type { BuildId } from "../../lib/schema/names.ts";

/** The builds of this process, and whether each was told to its end. A configuration that is read again does not end them. */
const underWay = new Map<BuildId, Promise<boolean>>();

/**
 * Runs a build unless the same one is under way: a broker whose connection broke hands it over again. That run is waited for,
 * and only if it failed to tell its result the build is run anew.
 */
export async function* onceAtATime(
  build: BuildId,
  run: () => AsyncIterable<Message>,
): AsyncGenerator<Message> {
  for (let other = underWay.get(build); other !== undefined; other = underWay.get(build)) {
    if (await other) return;
  }
  let settle: (told: boolean) => void = () => undefined;
  let told = false;
  underWay.set(build, new Promise((resolve) => (settle = resolve)));
  try {
    yield* run();
    told = true;
  } finally {
    underWay.delete(build);
    settle(told);
  }
}
