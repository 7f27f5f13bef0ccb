import { pause } from "../lib/effects/clock.ts";
import type { Data } from "../lib/messages/catalogue.ts";
import { message } from "../lib/messages/catalogue.ts";
import { type HostFilter, fits } from "../lib/schema/filter.ts";
import { newCommandId } from "../lib/security/command.ts";
import type { AppName } from "../lib/schema/names.ts";
import type { Session } from "./session.ts";

/** What a host says of itself. */
export type HostReport = Data<"host.alive">;

/** A host that answered now, or one that the ledger remembers and that did not. */
export type Seen = { readonly report: HostReport; readonly present: boolean };

/** How long hosts may take to answer, in milliseconds; and how long nobody is known who should. */
const PATIENCE = 2_000;
/** A host that was silent for longer than this is not waited for, in milliseconds. */
const FORGOTTEN = 5 * 60_000;

/** Asks every host what it carries, and adds those that are known but away. */
export async function takeInventory(
  session: Session,
  {
    app,
    refs = false,
    releases = false,
  }: { readonly app?: AppName; readonly refs?: boolean; readonly releases?: boolean } = {},
): Promise<Seen[]> {
  const known = await session.ledger.hosts();
  const lately = known.filter(({ at }) => Date.now() - Date.parse(at) < FORGOTTEN);
  // Where nobody has said anything lately, it was the ledger that was away.
  const expected = new Set((lately.length > 0 ? lately : known).map(({ host }) => host));
  const question = newCommandId();
  const answers = new Map<string, HostReport>();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, PATIENCE);
    const hear = async () => {
      await session.hear(["host.alive"], ({ data }) => {
        if (!("question" in data) || data.question !== question || !("apps" in data)) return;
        answers.set(data.host, data);
        expected.delete(data.host);
        if (expected.size > 0 || known.length === 0) return;
        clearTimeout(timer);
        resolve();
      });
      await session.say(message("host.asked", { question, refs, releases, ...(app && { app }) }));
    };
    hear().catch(reject);
  });
  const away = known.filter(({ host }) => !answers.has(host)).map((report) => ({ report, present: false }));
  const present = [...answers.values()].map((report) => ({ report, present: true }));
  return [...present, ...away].sort((a, b) =>
    a.report.host.localeCompare(b.report.host, "en", { numeric: true }),
  );
}

/** A daemon: how it is, by its own word now or by the ledger, and when it was heard last. */
export interface SeenDaemon {
  readonly daemon: string;
  readonly host: string;
  readonly state: Data<"daemon.alive">["state"] | "silent";
  readonly seen: string;
  readonly version: string;
}

/** How long a daemon that should be there may take to answer after the hosts have, in milliseconds. */
const AFTER_HOSTS = 1_000;

/** Asks every host what it carries and every daemon whether it is there, and adds those that are known but away. */
export async function callTheRoll(
  session: Session,
): Promise<{ readonly hosts: readonly Seen[]; readonly daemons: readonly SeenDaemon[] }> {
  const seen = new Map<string, SeenDaemon>();
  const keyOf = ({ host, daemon }: { readonly host: string; readonly daemon: string }) => `${host} ${daemon}`;
  await session.hear(["daemon.alive"], ({ type, data }) => {
    if (type === "daemon.alive") seen.set(keyOf(data), { ...withoutTime(data), seen: data.at });
  });
  const hosts = await takeInventory(session);
  const known = await session.ledger.daemons();
  const expected = known.filter(({ state, silent }) => state !== "stopped" && !silent).map(keyOf);
  const until = Date.now() + AFTER_HOSTS;
  while (!expected.every((key) => seen.has(key)) && Date.now() < until) await pause(20);
  for (const each of known) {
    const { daemon, host, version, state, silent } = each;
    if (seen.has(keyOf(each))) continue;
    const at = new Date(each.seen).toISOString();
    seen.set(keyOf(each), { daemon, host, version, state: silent ? "silent" : state, seen: at });
  }
  const daemons = [...seen].toSorted(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
  return { hosts, daemons: daemons.map(([, each]) => each) };
}

const withoutTime = ({ daemon, host, state, version }: Data<"daemon.alive">) => ({
  daemon,
  host,
  state,
  version,
});

/** The hosts that carry an app and fit a filter. */
export function carriers(seen: readonly Seen[], app: AppName, filter?: HostFilter): Seen[] {
  return seen.filter(
    ({ report }) =>
      report.apps.some((each) => each.app === app) && (filter === undefined || fits(filter, report)),
  );
}
