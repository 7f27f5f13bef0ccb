import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { adviceFor } from "../../lib/codes.ts";
import { EXIT } from "../../lib/daemon/process.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { safeText } from "../../lib/safe-text.ts";
import { password as passwordForm } from "../../lib/schema/logins.ts";
import { type LoginName, loginName, type SiteName, siteName } from "../../lib/schema/names.ts";
import { duration } from "../../lib/schema/quantities.ts";
import type { AccessCommand } from "../../lib/security/access-command.ts";
import { hashPassword, inventPassword } from "../../lib/security/password.ts";
import { openLedger } from "../../lib/store/ledger.ts";
import { answeredBefore, type Applied, sayAboutAccess, wordAbout } from "../access.ts";
import { defineCommand } from "../command.ts";
import { signerHere } from "../foundation.ts";
import { note, painted, print, printJson, span, table } from "../output.ts";
import { parsed } from "../parsed.ts";
import { readSettings, withSession } from "../session.ts";

export const access = defineCommand({
  options: (yargs) =>
    yargs
      .positional("action", {
        choices: ["grant", "revoke", "list"] as const,
        demandOption: true,
        describe: "What to do",
      })
      .positional("site", { type: "string", describe: "The site, as `access.sites` of its hosts calls it" })
      .positional("user", { type: "string", describe: "Who" })
      .option("for", { type: "string", default: "14d", describe: "How long a login is good" })
      .option("password-from", {
        type: "string",
        // Otherwise a lone dash counts as a word.
        nargs: 1,
        describe: "A file that holds the password, or - for standard input; one is invented otherwise",
      })
      .option("why", { type: "string", default: "", describe: "For the history" })
      .option("wait", { type: "boolean", default: true, describe: "Wait for the answers of the hosts" })
      .option("all", { type: "boolean", default: false, describe: "List also what is over" })
      .option("key", { type: "string", describe: "The private key to sign with" }),
  run: (args) => (args.action === "list" ? list(args) : change(args, args.action)),
});

interface Words {
  readonly config?: string | undefined;
  readonly json: boolean;
  readonly site?: string | undefined;
  readonly user?: string | undefined;
  readonly for: string;
  readonly passwordFrom?: string | undefined;
  readonly why: string;
  readonly wait: boolean;
  readonly all: boolean;
  readonly key?: string | undefined;
}

async function change(words: Words, kind: AccessCommand["kind"]): Promise<number> {
  const about = wordAbout(...subjectOf(words, kind), words.why);
  if (kind === "revoke") return ask(words, { ...about, kind });
  const lasts = parsed(duration, words.for, "--for");
  const until = about.iat + Math.floor(lasts / 1_000);
  const given = words.passwordFrom === undefined ? undefined : await passwordFrom(words.passwordFrom);
  const password = given ?? inventPassword();
  const exp = Math.min(about.exp, until);
  const grant: AccessCommand = { ...about, kind, hash: hashPassword(password), until, exp };
  return ask(words, grant, given === undefined ? password : undefined);
}

function subjectOf({ site, user }: Words, kind: string): [SiteName, LoginName] {
  if (site !== undefined && user !== undefined)
    return [parsed(siteName, site, "a site"), parsed(loginName, user, "a user")];
  throw new Failure(
    "NAME_INVALID",
    `Cannot ${kind} without a site and a user: skein access ${kind} SITE USER`,
  );
}

/** Signs a word about a login, says it, and shows what the hosts made of it; an invented password is shown once. */
async function ask(words: Words, command: AccessCommand, password?: string): Promise<number> {
  const { id: request, kind, site, user } = command;
  const until = command.kind === "grant" ? new Date(command.until * 1_000).toISOString() : undefined;
  return withSession(words, async (session) => {
    const signer = await signerHere(session.settings.state, words.key);
    const said = () => {
      if (words.json) return;
      if (password !== undefined) print(password);
      note(
        `asked the hosts of ${site} to let ${user} in ${until === undefined ? "no more" : `until ${until}`}`,
      );
    };
    const answers = await sayAboutAccess(session, command, signer, { wait: words.wait, said });
    const told = { ...(until !== undefined && { until }), ...(password !== undefined && { password }) };
    if (words.json) printJson({ request, kind, site, user, ...told, answers });
    else for (const each of answers) showAnswer(each);
    return statusOf(words, answers);
  });
}

/** Nobody who was asked for a password types it where others can see it. */
async function passwordFrom(file: string): Promise<string> {
  const said = file === "-" ? await text(process.stdin) : await readText(file);
  return parsedQuietly(said.replace(/\r?\n$/, ""));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Failure("NAME_INVALID", `Cannot read a password: ${reasonOf(cause)}`, { cause });
  }
}

/** Fewer characters are guessed too soon by whoever sees the hash on its way. */
const LEAST = 12;

/** Checks a password, and never quotes it. */
function parsedQuietly(password: string): string {
  const result = passwordForm
    .min(LEAST, { error: `must have ${LEAST} characters at least` })
    .safeParse(password);
  if (result.success) return result.data;
  throw new Failure(
    "NAME_INVALID",
    `Cannot use the password: it ${result.error.issues[0]?.message ?? "is wrong"}`,
  );
}

function showAnswer({ host, outcome, code, reason }: Applied): void {
  const told = reason === undefined ? "" : `: ${reason.split("\n").map(safeText).join("\n    ")}`;
  note(`  ${host}: ${painted(outcome)}${told}${code === undefined ? "" : ` [${code}]`}`);
  const advice = adviceFor(code);
  if (advice !== undefined) note(`    ${advice}`);
}

function statusOf({ wait }: Words, answers: readonly Applied[]): number {
  if (!wait) return EXIT.ok;
  if (answers.length === 0) {
    note("no host has answered yet: one that was away hears of it when it is back; see: skein access list");
    return EXIT.unavailable;
  }
  return answers.some(({ outcome }) => outcome === "refused" || outcome === "waiting")
    ? EXIT.failed
    : EXIT.ok;
}

async function list(words: Words): Promise<number> {
  const site = words.site === undefined ? undefined : parsed(siteName, words.site, "a site");
  const ledger = openLedger(readSettings(words).state);
  const known = await answeredBefore(ledger);
  await ledger.close();
  const now = Date.now();
  const isOver = ({ outcome, until }: Applied) =>
    outcome === "revoked" ||
    outcome === "expired" ||
    (outcome === "granted" && Date.parse(until ?? "") <= now);
  const shown = known.filter(
    (each) => (site === undefined || each.site === site) && (words.all || !isOver(each)),
  );
  if (words.json) {
    for (const each of shown) printJson(each);
    return EXIT.ok;
  }
  const rows = shown.map((each) => [
    each.site,
    each.user,
    each.host,
    isOver(each) && each.outcome === "granted" ? "expired" : each.outcome,
    each.until === undefined || each.outcome === "revoked" ? "" : `${each.until.slice(0, 16)}Z`,
    isOver(each) || each.until === undefined ? "" : span(Date.parse(each.until) - now),
    each.by ?? "",
    each.why ?? "",
  ]);
  print(table(["site", "user", "host", "", "until", "left", "by", "why"], rows));
  if (rows.length === 0) print("Nobody may log in anywhere, as far as the ledger knows.");
  return EXIT.ok;
}
