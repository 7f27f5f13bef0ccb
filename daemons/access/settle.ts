import { codeOf, Failure, reasonOf } from "../../lib/failure.ts";
import { type Data, type Message, message } from "../../lib/messages/catalogue.ts";
import type { SiteName } from "../../lib/schema/names.ts";
import { digestOf, type Here, loginsAt } from "./desk.ts";
import { fileFor } from "./file.ts";
import { isGood, keyOf, type Login } from "./login.ts";
import { currentFile, putInPlace } from "./put.ts";
import { type Site, siteOf } from "./sites.ts";

/** Whether something is to be done at a site now: a login has run out, its configuration is new, or it is time to try again. */
export function isDue(name: SiteName, here: Here): boolean {
  const now = here.now();
  const site = siteOf(here.config.sites, name);
  if (site === undefined) return false;
  const logins = loginsAt(name, here);
  if (logins.some((each) => each.ended === undefined && each.until <= now.getTime())) return true;
  if (here.deps.trouble.isPending(name)) return here.deps.trouble.due(now).includes(name);
  return here.deps.known.get(name) !== markOf(name, site, logins, now);
}

/** What the server of a site should know, as one text that changes with it. */
function markOf(name: SiteName, site: Site, logins: readonly Login[], now: Date): string {
  const good = logins.filter((each) => isGood(each, now));
  return digestOf(JSON.stringify([site, fileFor(name, site, good)]));
}

/** Whether somebody changed the file of a site, or took it away: then its server is told anew. */
export async function lookAtFile(name: SiteName, here: Here): Promise<void> {
  const site = siteOf(here.config.sites, name);
  if (site === undefined) return;
  const good = loginsAt(name, here).filter((each) => isGood(each, here.now()));
  const found = await currentFile(site).catch(() => undefined);
  if (found !== fileFor(name, site, good)) here.deps.known.delete(name);
}

/**
 * Brings the server of a site to know what is written down, and tells of each login what became of it; of all of them again
 * where `anew` is set.
 */
export async function* settle(name: SiteName, here: Here, anew = false): AsyncGenerator<Message, void> {
  const { config, deps, now, signal } = here;
  const site = siteOf(config.sites, name);
  if (site === undefined) return;
  await endWhatRanOut(name, here);
  const logins = loginsAt(name, here);
  const good = logins.filter((each) => isGood(each, now()));
  const mark = markOf(name, site, logins, now());
  try {
    if (deps.known.get(name) !== mark) await putInPlace(name, site, good, signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    deps.known.delete(name);
    yield* complain(name, error, logins, here);
    return;
  }
  deps.known.set(name, mark);
  if (deps.trouble.succeeded(name)) yield event(`the server of ${name} knows its logins again`, here);
  for (const each of logins) if (anew || !each.told) yield* tell(each, here);
}

async function endWhatRanOut(name: SiteName, here: Here): Promise<void> {
  const now = here.now();
  for (const each of loginsAt(name, here)) {
    if (each.ended !== undefined || each.until > now.getTime()) continue;
    const at = now.toISOString();
    await here.deps.logins.put(keyOf(each), { ...each, ended: "expired", at, told: false });
  }
}

/** Tells of a login once the server knows of it; what ended is forgotten then. */
async function* tell(each: Login, here: Here): AsyncGenerator<Message, void> {
  yield applied(each, { outcome: each.ended ?? "granted" }, here);
  if (each.ended !== undefined) await here.deps.logins.remove(keyOf(each));
  else if (!each.told) await here.deps.logins.put(keyOf(each), { ...each, told: true });
}

function* complain(name: SiteName, failure: Failure, logins: readonly Login[], here: Here) {
  const { deps, log, now } = here;
  const reason = failure.message;
  if (deps.trouble.failed(name, now())) {
    log.error({ site: name, code: failure.code }, reason);
    yield event(`${reason} [${failure.code}]`, here);
  }
  for (const each of logins)
    if (!each.told) yield applied(each, { outcome: "waiting", code: failure.code, reason }, here);
}

type Outcome = Pick<Data<"access.applied">, "outcome" | "code" | "reason">;

/** What is told of one login. */
function applied(each: Login, outcome: Outcome, { host }: Here): Message {
  const { site, user, until, by, why, at, request } = each;
  return message("access.applied", {
    ...(request && { request }),
    host,
    site,
    user,
    ...outcome,
    until: new Date(until).toISOString(),
    by,
    ...(why !== "" && { why }),
    at,
  });
}

/** What is told of a word about a login that this host does not follow. */
export function refused(
  { request, site, user }: Pick<Data<"access.granted">, "request" | "site" | "user">,
  error: unknown,
  { host, log, now }: Here,
): Message {
  const code = codeOf(error) ?? "E_STORAGE";
  const reason = reasonOf(error).slice(0, 8_000);
  log.warn({ request, site, code }, `refused a word about access: ${code}: ${reason.slice(0, 300)}`);
  const at = now().toISOString();
  return message("access.applied", { request, host, site, user, outcome: "refused", code, reason, at });
}

/** One line for people. */
export const event = (text: string, { host, now }: Here): Message =>
  message("event.said", {
    source: "access",
    text: `${host}: ${text}`.slice(0, 2_000),
    at: now().toISOString(),
  });
