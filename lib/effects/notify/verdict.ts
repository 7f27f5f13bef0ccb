import type { HttpAnswer } from "../http.ts";
import { failed, type Outcome, refused, SENT } from "./sender.ts";

/** Statuses that say: later. */
const PASSING = new Set([408, 425, 429]);

/** The longest time that a server is believed when it asks to be left alone, in milliseconds. */
const LONGEST_PAUSE = 6 * 3_600_000;

/** What the status of an answer means: taken, refused for good, or to be tried again, and when. */
export function verdictOf(answer: HttpAnswer, now = Date.now()): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return SENT;
  const reason = `it answers ${status}${saidIn(answer)}`;
  const after = pauseAsked(answer, now);
  if (PASSING.has(status) || status >= 500) return failed(reason, after);
  // GitHub says 403 to whoever asks too often, and says until when.
  if (status === 403 && after !== undefined) return failed(reason, after);
  // Somebody will give it another token; all that waits is still true then.
  if (status === 401) return failed(`${reason}: the login is refused`, after);
  if (status >= 300 && status < 400) return refused(`${reason}: a redirect, which is never followed`);
  return refused(reason);
}

/** The beginning of what a server said, in one line. */
function saidIn({ body }: HttpAnswer): string {
  const said = body.subarray(0, 300).toString("utf8").replace(/\s+/g, " ").trim();
  return said === "" || said.startsWith("<") ? "" : `: ${said.slice(0, 200)}`;
}

function pauseAsked(answer: HttpAnswer, now: number): number | undefined {
  const { status, headers } = answer;
  const asked = retryAfter(headers["retry-after"], now) ?? untilReset(status, headers, now) ?? inBody(answer);
  return asked === undefined ? undefined : Math.min(Math.max(asked, 0), LONGEST_PAUSE);
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date - now;
}

function untilReset(
  status: number,
  headers: Readonly<Record<string, string>>,
  now: number,
): number | undefined {
  const [left, reset] = [headers["x-ratelimit-remaining"], headers["x-ratelimit-reset"]];
  if ((status !== 403 && status !== 429) || left !== "0" || !/^\d{1,12}$/.test(reset ?? "")) return undefined;
  return Number(reset) * 1_000 - now;
}

/** Matrix says it in the body (client-server API, "Rate limiting"). */
function inBody({ status, body }: HttpAnswer): number | undefined {
  const [, milliseconds] =
    (status === 429 && /"retry_after_ms"\s*:\s*(\d{1,9})/.exec(body.toString("utf8"))) || [];
  return milliseconds === undefined ? undefined : Number(milliseconds);
}
