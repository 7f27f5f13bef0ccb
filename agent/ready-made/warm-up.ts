import type { WarmUp } from "../../lib/config/app/run.ts";
import { fill } from "../../lib/config/app/text.ts";
import { pause } from "../../lib/effects/clock.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { factsFor } from "../layout.ts";
import type { Work } from "../work.ts";

const MOST_PER_TRY = 30_000;
const BETWEEN = 200;

/**
 * Asks a URL until it has answered as often as it should.
 * @throws {Failure} WARM_UP_FAILED with the last answer, once the deadline has passed
 */
export async function warmUp(wanted: WarmUp, work: Work): Promise<void> {
  const url = fill(wanted["warm-up"], factsFor(work.name, work.app, work));
  const end = performance.now() + wanted.deadline;
  let answered = 0;
  for (;;) {
    const wrong = await objection(url, work, Math.max(1, Math.min(end - performance.now(), MOST_PER_TRY)));
    if (work.signal.aborted) return;
    if (wrong === undefined) answered += 1;
    if (answered === wanted.times) return;
    if (wrong === undefined && performance.now() < end) continue;
    if (performance.now() + BETWEEN >= end) {
      const how = `${answered} of ${wanted.times} times within ${wanted.deadline / 1_000} s`;
      throw new Failure("WARM_UP_FAILED", `${url} answered ${how}: ${wrong ?? "it is slow"}`);
    }
    await pause(BETWEEN, work.signal);
  }
}

async function objection(url: string, { http, signal }: Work, deadline: number): Promise<string | undefined> {
  try {
    const { status } = await http(url, { deadline, signal });
    return status < 400 ? undefined : `the status is ${status}`;
  } catch (error) {
    return reasonOf(error);
  }
}
