import { Failure } from "../../lib/failure.ts";
import { engineFor, findContainer, isOfContainers, placeOf } from "../containers.ts";
import { trafficOf } from "../traffic.ts";
import type { Perform } from "./step-of.ts";

/** Sends visitors to the container of a release, or to none; done once the former one can be stopped. */
export const switchTraffic: Perform<"switch"> = async ({ release }, work) => {
  if (!isOfContainers(work) || work.app.switch === undefined) return;
  const traffic = trafficOf(work.app.switch, work);
  if (traffic === undefined) return;
  if (release === null) return traffic.switchTo(null, work.signal);
  const engine = engineFor(work);
  const found = await findContainer(engine, work, release);
  if (found?.running !== true)
    throw new Failure("CONTAINER_ENDED", `Cannot send visitors to ${release}: its container does not run`);
  await traffic.switchTo(await placeOf(engine, found, work), work.signal);
};
