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
  { app, refs = false }: { readonly app?: AppName; readonly refs?: boolean } = {},
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
      await session.say(message("host.asked", { question, refs, ...(app === undefined ? {} : { app }) }));
    };
    hear().catch(reject);
  });
  const away = known.filter(({ host }) => !answers.has(host)).map((report) => ({ report, present: false }));
  const present = [...answers.values()].map((report) => ({ report, present: true }));
  return [...present, ...away].sort((a, b) =>
    a.report.host.localeCompare(b.report.host, "en", { numeric: true }),
  );
}

/** The hosts that carry an app and fit a filter. */
export function carriers(seen: readonly Seen[], app: AppName, filter?: HostFilter): Seen[] {
  return seen.filter(
    ({ report }) =>
      report.apps.some((each) => each.app === app) && (filter === undefined || fits(filter, report)),
  );
}
