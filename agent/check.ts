import { type Check, checksOf } from "../lib/config/app/check.ts";
import { fill } from "../lib/config/app/text.ts";
import { pause } from "../lib/effects/clock.ts";
import { exec } from "../lib/effects/exec.ts";
import type { HttpAnswer } from "../lib/effects/http.ts";
import { tcpTrouble } from "../lib/effects/tcp.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import { safeText } from "../lib/safe-text.ts";
import { addressIn } from "../lib/schema/address.ts";
import type { Revision } from "../lib/schema/names.ts";
import { commonEnvironment } from "./environment.ts";
import { factsFor } from "./layout.ts";
import { actorOf } from "./user.ts";
import type { Work } from "./work.ts";

const MOST_PER_TRY = 10_000;
const MOST_QUOTED = 300;
/** What is read of a log, and told of it. */
const LOG = { bytes: 8_192, lines: 10, deadline: 2_000 };

/** What an answer, or the lack of one, has against it. */
interface Objection {
  readonly why: string;
  readonly answered: boolean;
}

/** A check as it is on this host. */
interface Asked {
  /** What is asked, for people. */
  readonly what: string;
  /** What is wrong with the app now, within so many milliseconds; undefined where nothing is. */
  readonly look: (deadline: number) => Promise<Objection | undefined>;
}

/**
 * Sees whether the app works, by one check after the other.
 * @throws {Failure} CHECK_FAILED with the last answer, and the end of the app's log, once the deadline of one has passed
 */
export async function checkApp(revision: Revision, work: Work): Promise<void> {
  for (const check of checksOf(work.app)) await untilRight(check, revision, work);
}

async function untilRight(check: Check, revision: Revision, work: Work): Promise<void> {
  const { what, look } = asked(check, revision, work);
  const end = performance.now() + check.deadline;
  let last: Objection | undefined;
  for (;;) {
    const left = Math.max(1, end - performance.now());
    const wrong = await look(Math.min(left, MOST_PER_TRY));
    if (wrong === undefined || work.signal.aborted) return;
    // What it answered says more than that the last try had no time left.
    if (wrong.answered || last?.answered !== true) last = wrong;
    if (performance.now() + check.interval >= end) break;
    await pause(check.interval, work.signal);
  }
  const within = `${check.deadline / 1_000} s`;
  throw new Failure(
    "CHECK_FAILED",
    `${what} was not right within ${within}: ${last.why}${await logOf(check, work)}`,
  );
}

function asked(check: Check, revision: Revision, work: Work): Asked {
  const filled = (text: string) => fill(text, factsFor(work.name, work.app, work));
  const { url, tcp, command = [] } = check;
  if (url !== undefined) {
    const what = filled(url);
    return { what, look: (deadline) => overHttp(what, check, revision, work, deadline) };
  }
  if (tcp !== undefined) {
    const what = filled(tcp);
    return { what, look: (deadline) => overTcp(what, deadline) };
  }
  const words = command.map(filled);
  return { what: words.join(" "), look: (deadline) => byCommand(words, check, revision, work, deadline) };
}

async function overHttp(
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
    return `the status is ${answer.status}, not ${check.status}; ${quoted(answer.body)}`;
  const wanted = lacking(answer.body, check, revision);
  return (
    wanted && `the status is ${answer.status}, but ${wanted} is not in the answer; ${quoted(answer.body)}`
  );
}

/** What should be there and is not, quoted. */
function lacking(said: Buffer, check: Check, revision: Revision): string | undefined {
  const wanted = check.contains?.replaceAll("{revision}", revision);
  return wanted === undefined || said.includes(wanted) ? undefined : JSON.stringify(wanted);
}

const quoted = (said: Buffer): string =>
  `it begins: ${JSON.stringify(said.subarray(0, MOST_QUOTED).toString("utf8"))}`;

async function overTcp(place: string, deadline: number): Promise<Objection | undefined> {
  const { host, port } = addressIn(place);
  const why = await tcpTrouble(host, port, deadline);
  return why === undefined ? undefined : { why, answered: false };
}

async function byCommand(
  words: readonly string[],
  check: Check,
  revision: Revision,
  work: Work,
  timeout: number,
): Promise<Objection | undefined> {
  const env = { ...commonEnvironment(work), SKEIN_REVISION: revision, SKEIN_PHASE: "check" };
  try {
    const { code, stdout, stderr, outcome } = await asUser(work, words, env, timeout);
    if (outcome !== "ended") return { why: `it ran longer than ${timeout} ms`, answered: false };
    const said = Buffer.concat([stdout, Buffer.from(stderr)]);
    if (code !== 0) return { why: `it ended with ${code}; ${quoted(said)}`, answered: true };
    const wanted = lacking(said, check, revision);
    return wanted === undefined
      ? undefined
      : { why: `it does not say ${wanted}; ${quoted(said)}`, answered: true };
  } catch (error) {
    return { why: reasonOf(error), answered: false };
  }
}

/** Runs a program as the scripts of an app do: as its user, in what is live. */
async function asUser(
  work: Work,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  timeout: number,
) {
  const { plain } = await actorOf(work.app);
  const [program = "", ...args] = [...plain, ...words];
  return exec(program, args, { cwd: work.layout.current, env, timeout, signal: work.signal });
}

/** The last lines of the app's log: read as its user would, for it may be a link to anything. */
async function logOf({ log }: Check, work: Work): Promise<string> {
  if (log === undefined) return "";
  const path = fill(log, factsFor(work.name, work.app, work));
  try {
    const words = ["tail", `--bytes=${LOG.bytes}`, "--", path];
    const { code, stdout, stderr } = await asUser(work, words, commonEnvironment(work), LOG.deadline);
    if (code !== 0) throw new Error(stderr.trim() || "it does not end");
    const lines = stdout.toString("utf8").trimEnd().split("\n").slice(-LOG.lines);
    return `\n${path} ends with:\n${lines.map(safeText).join("\n")}`;
  } catch (error) {
    return `\n${path} cannot be read: ${reasonOf(error)}`;
  }
}
