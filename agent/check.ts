import type { Check } from "../lib/config/app/check.ts";
import { fill } from "../lib/config/app/text.ts";
import { pause } from "../lib/effects/clock.ts";
import type { HttpAnswer } from "../lib/effects/http.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import type { Revision } from "../lib/schema/names.ts";
import { factsFor } from "./layout.ts";
import type { Work } from "./work.ts";

const MOST_PER_TRY = 10_000;
const MOST_QUOTED = 300;

/** What an answer, or the lack of one, has against it. */
interface Objection {
  readonly why: string;
  readonly answered: boolean;
}

/**
 * Asks the app until it answers as it should.
 * @throws {Failure} CHECK_FAILED with the last answer, once the deadline has passed
 */
export async function checkApp(check: Check, revision: Revision, work: Work): Promise<void> {
  const url = fill(check.url, factsFor(work.name, work.app, work));
  const end = performance.now() + check.deadline;
  let last: Objection | undefined;
  for (;;) {
    const left = Math.max(1, end - performance.now());
    const wrong = await objection(url, check, revision, work, Math.min(left, MOST_PER_TRY));
    if (wrong === undefined || work.signal.aborted) return;
    // What it answered says more than that the last try had no time left.
    if (wrong.answered || last?.answered !== true) last = wrong;
    if (performance.now() + check.interval >= end) break;
    await pause(check.interval, work.signal);
  }
  const within = `${check.deadline / 1_000} s`;
  throw new Failure("CHECK_FAILED", `${url} did not answer right within ${within}: ${last.why}`);
}

async function objection(
  url: string,
  check: Check,
  revision: Revision,
  { http, signal }: Work,
  deadline: number,
): Promise<Objection | undefined> {
  try {
    const why = flaw(await http(url, { deadline, signal }), check, revision);
    return why === undefined ? undefined : { why, answered: true };
  } catch (error) {
    return { why: reasonOf(error), answered: false };
  }
}

function flaw(answer: HttpAnswer, check: Check, revision: Revision): string | undefined {
  if (answer.status !== check.status)
    return `the status is ${answer.status}, not ${check.status}; ${quoted(answer)}`;
  const wanted = check.contains?.replaceAll("{revision}", revision);
  if (wanted === undefined || answer.body.includes(wanted)) return undefined;
  return `the status is ${answer.status}, but ${JSON.stringify(wanted)} is not in the answer; ${quoted(answer)}`;
}

const quoted = ({ body }: HttpAnswer): string =>
  `it begins: ${JSON.stringify(body.subarray(0, MOST_QUOTED).toString("utf8"))}`;
