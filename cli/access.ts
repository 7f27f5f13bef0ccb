import { pause } from "../lib/effects/clock.ts";
import { type Data, message } from "../lib/messages/catalogue.ts";
import type { LoginName, SiteName } from "../lib/schema/names.ts";
import { ACCESS_TYPE, type AccessCommand, encodeAccess } from "../lib/security/access-command.ts";
import { newCommandId } from "../lib/security/command.ts";
import { seal } from "../lib/security/envelope.ts";
import { namespaces } from "../lib/security/namespaces.ts";
import type { Signer } from "../lib/security/signer.ts";
import type { Ledger } from "../lib/store/ledger.ts";
import type { Session } from "./session.ts";

/** What a host said of a login. */
export type Applied = Data<"access.applied">;

/** How long a host that was away may still take a word about a login, in seconds. */
const LONGEST_WAIT = 30 * 86_400;

/** What every word about a login holds. */
export function wordAbout(site: SiteName, user: LoginName, why: string, now = Date.now()) {
  const iat = Math.floor(now / 1_000);
  return { v: 1 as const, id: newCommandId(), site, user, seq: now, iat, exp: iat + LONGEST_WAIT, why };
}

/** How long hosts may take to answer, and how long others may take after the first where nobody knows how many there are; milliseconds. */
const PATIENCE = 10_000;
const AFTER_FIRST = 1_000;

/** Signs a word about a login and says it; answers what the hosts that have the site made of it. */
export async function sayAboutAccess(
  session: Session,
  command: AccessCommand,
  signer: Signer,
  { wait, said }: { readonly wait: boolean; readonly said: () => void },
): Promise<readonly Applied[]> {
  const { id: request, site, user, kind } = command;
  const expected = new Set(
    (await answeredBefore(session.ledger)).filter((each) => each.site === site).map(({ host }) => host),
  );
  const answers = new Map<string, Applied>();
  await session.hear(["access.applied"], ({ type, data }) => {
    if (type === "access.applied" && data.request === request) answers.set(data.host, data);
  });
  const signed = await seal(encodeAccess(command), ACCESS_TYPE, namespaces.access, signer);
  const type = kind === "grant" ? "access.granted" : "access.revoked";
  await session.say(message(type, { request, site, user, command: signed }));
  said();
  if (!wait) return [];
  let until = Date.now() + PATIENCE;
  let alone = true;
  while (Date.now() < until) {
    if (expected.size > 0 && [...expected].every((host) => answers.has(host))) break;
    if (alone && expected.size === 0 && answers.size > 0) {
      until = Math.min(until, Date.now() + AFTER_FIRST);
      alone = false;
    }
    await pause(20);
  }
  return [...answers.values()];
}

const MOST = 100_000;

/** What each host said last of each login, by site, user and host. */
export async function answeredBefore(ledger: Ledger): Promise<readonly Applied[]> {
  const newest = new Map<string, Applied>();
  for (const { data } of await ledger.newest(["access.applied"], MOST)) {
    const key = [data.site, data.user, data.host].join(" ");
    // What was refused changed nothing.
    if (data.outcome !== "refused" && !newest.has(key)) newest.set(key, data);
  }
  return [...newest].sort(([one], [other]) => one.localeCompare(other, "en")).map(([, data]) => data);
}
