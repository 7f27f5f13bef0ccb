import { reasonOf } from "../../lib/failure.ts";
import { engineFor, findContainer, isOfContainers } from "../containers.ts";
import type { Perform } from "./step-of.ts";

/** Stops the container of a release that gets no visitors any more. It can never fail a deploy: the next one tries again. */
export const stop: Perform<"stop"> = async ({ release, remove }, work) => {
  if (!isOfContainers(work)) return;
  try {
    const engine = engineFor(work);
    const found = await findContainer(engine, work, release);
    if (found === undefined) return;
    // Also where it does not run just now: the engine would start anew what ended by itself.
    await engine.stop(found.id, work.app["stop-timeout"]);
    if (remove) await engine.remove(found.id);
  } catch (error) {
    work.log.warn(
      { app: work.name, error },
      `the container of ${release} is still there: ${reasonOf(error)}`,
    );
  }
};
