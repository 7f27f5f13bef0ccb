import { defineDaemon } from "../lib/daemon/define.ts";
import { codeOf, Failure } from "../lib/failure.ts";
import type { Data, Message } from "../lib/messages/catalogue.ts";
import type { SiteName } from "../lib/schema/names.ts";
import type { AccessCommand } from "../lib/security/access-command.ts";
import { type AcceptedAccess, verifyAccess } from "../lib/security/verify-access.ts";
import { type AccessConfig, accessConfig } from "./access/config.ts";
import { type Desk, type Here, openDesk, siteNames } from "./access/desk.ts";
import { keyOf, type Login } from "./access/login.ts";
import { olderKit } from "./access/older-kit.ts";
import { isDue, lookAtFile, refused, settle } from "./access/settle.ts";
import { siteOf } from "./access/sites.ts";

/** How often the clock is looked at for logins that have run out, in milliseconds. */
const LOOK = 1_000;

export const access = defineDaemon<AccessConfig, Desk>({
  name: "access",
  summary: "Lets people log in at web sites for a time: nginx, Apache and HAProxy.",
  config: accessConfig,
  wanted: ({ sites }) => Object.keys(sites).length > 0,
  // What was accepted is in one journal, which only one may write to.
  fixed: true,
  deps: openDesk,
  dispose: ({ replay }) => replay.close(),
  on: {
    "access.granted": follow,
    "access.revoked": follow,
    "access.asked": (asked, here) => inTurn(here, () => olderKit(asked, here)),
  },
  // Every login is told of anew, under the same id: so a ledger that was lost is whole again.
  reconcile: (here) =>
    inTurn(here, async function* () {
      for (const name of siteNames(here)) {
        await lookAtFile(name, here);
        yield* settle(name, here, true);
      }
    }),
  every: {
    interval: () => LOOK,
    tick: (here) => {
      const due = siteNames(here).filter((name) => isDue(name, here));
      return due.length === 0 ? [] : inTurn(here, () => settleAll(due, here));
    },
  },
});

async function* settleAll(names: readonly SiteName[], here: Here): AsyncGenerator<Message, void> {
  for (const name of names) yield* settle(name, here);
}

/** Does what a signed word about a login says, where this host has the site and its policy allows it. */
async function* follow(word: Data<"access.granted">, here: Here): AsyncGenerator<Message, void> {
  if (siteOf(here.config.sites, word.site) === undefined) return;
  yield* inTurn(here, async function* () {
    try {
      await accept(word, here);
    } catch (error) {
      if (codeOf(error) === undefined || (error instanceof Failure && error.transient)) throw error;
      yield refused(word, error, here);
      return;
    }
    yield* settle(word.site, here);
  });
}

/** Checks a word about a login and writes it down, first that it was accepted and then what is wanted. */
async function accept(word: Data<"access.granted">, { config, deps, now }: Here): Promise<void> {
  const { replay } = deps;
  const accepted = verifyAccess(word.command, { trust: deps.trust.current(), now: now(), replay });
  const { command, isRepeat } = accepted;
  if (command.id !== word.request || command.site !== word.site || command.user !== word.user)
    throw new Failure("E_PARSE", `Cannot accept the command: another one was announced than was signed`);
  insistOnTime(command, config, now());
  if (!isRepeat) replay.begin(command, now());
  const before = deps.logins.all.get(keyOf(command));
  const login =
    before?.request === command.id ? { ...before, told: false } : loginBy(accepted, before, now());
  await deps.logins.put(keyOf(login), login);
}

/**
 * That a login is neither over already nor longer than this host allows.
 * @throws {Failure} E_EXPIRED or ACCESS_TOO_LONG
 */
function insistOnTime(command: AccessCommand, { longest }: AccessConfig, now: Date): void {
  if (command.kind === "revoke") return;
  const { site, user, until } = command;
  const left = until * 1_000 - now.getTime();
  if (left <= 0) throw new Failure("E_EXPIRED", `Cannot let ${user} in at ${site}: that time is over`);
  if (left <= longest) return;
  const days = (milliseconds: number) => `${Math.round(milliseconds / 8_640_000) / 10} days`;
  throw new Failure(
    "ACCESS_TOO_LONG",
    `Cannot let ${user} in at ${site} for ${days(left)}: ${days(longest)} are allowed here`,
  );
}

function loginBy({ command, principal }: AcceptedAccess, before: Login | undefined, now: Date): Login {
  const { site, user, id: request, why } = command;
  const common = { site, user, request, by: principal, why, at: now.toISOString(), told: false };
  return command.kind === "grant"
    ? { ...common, hash: command.hash, until: command.until * 1_000 }
    : { ...common, until: before?.until ?? now.getTime(), ended: "revoked" };
}

async function* inTurn(
  { deps }: Here,
  work: () => AsyncGenerator<Message, void>,
): AsyncGenerator<Message, void> {
  const done = await deps.turn();
  try {
    yield* work();
  } finally {
    done();
  }
}
