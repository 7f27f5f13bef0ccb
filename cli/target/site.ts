import type { AppOf } from "../../lib/config/apps.ts";
import { partsOf } from "../../lib/config/made-of.ts";
import { Failure } from "../../lib/failure.ts";
import type { HostFilter } from "../../lib/schema/filter.ts";
import { type AppName, type PartName, shortRef, shortRevision } from "../../lib/schema/names.ts";
import { type Release, release, type SitePart } from "../../lib/security/release.ts";
import { carriers, type Seen } from "../inventory.ts";
import type { Settings } from "../settings.ts";
import { resolveCommit } from "./git.ts";

interface Wanted {
  readonly app: AppName;
  readonly configured: AppOf<"site">;
  readonly words: readonly string[];
  /** Which of its hosts are meant; all of them where nobody said. */
  readonly filter?: HostFilter | undefined;
}

/**
 * The parts of a site, as `theme=v1.2 news=main` names them. A part that is not named stays what it is live as, and is at its base
 * where it is not live yet. Without a word, every part is at its base.
 * @throws {Failure} NAME_INVALID, REF_UNKNOWN, REF_AMBIGUOUS or PART_DIFFERS
 */
export async function resolveSite(
  settings: Settings,
  { app, configured, words, filter }: Wanted,
  seen: readonly Seen[],
): Promise<Release> {
  const known = partsOf(configured);
  const named = namedIn(
    words,
    app,
    known.map(([part]) => part),
  );
  const there = carriers(seen, app, filter).filter(({ present }) => present);
  const parts: SitePart[] = [];
  for (const [part, { repository, base }] of known) {
    const live = named.size === 0 || named.has(part) ? undefined : liveOf(app, part, there);
    if (live !== undefined) parts.push(live);
    else {
      const found = await resolveCommit(settings, { app, repository, part }, named.get(part) ?? base, seen);
      parts.push({ part, commit: found.revision, ref: found.ref });
    }
  }
  const first = parts.find(({ part }) => named.has(part)) ?? parts[0];
  return release.parse({ type: "site", ref: first?.ref, parts });
}

/** Each word is `PART=REF`, or several of them with commas, which no ref holds. */
function namedIn(
  words: readonly string[],
  app: AppName,
  parts: readonly PartName[],
): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const word of words.flatMap((each) => each.split(","))) {
    const [, part = "", ref = ""] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    const refuse = (why: string) =>
      new Failure("NAME_INVALID", `Cannot deploy ${app}: ${JSON.stringify(word.slice(0, 80))} ${why}`);
    if (ref === "") throw refuse(`must be PART=REF, where PART is ${parts.join(" or ")}`);
    if (!parts.some((each) => each === part)) throw refuse(`names no part of it: it has ${parts.join(", ")}`);
    if (named.has(part)) throw refuse(`names a part that was named already`);
    named.set(part, ref);
  }
  return named;
}

/** What a part is wherever something of it is live; undefined where nothing is. */
function liveOf(app: AppName, part: PartName, seen: readonly Seen[]): SitePart | undefined {
  const lives = seen.flatMap(({ report: { host, apps } }) => {
    const live = apps.find((each) => each.app === app)?.live?.parts?.find((each) => each.part === part);
    return live === undefined ? [] : [{ host, live }];
  });
  const [first, ...others] = lives;
  const odd = others.find(({ live }) => live.commit !== first?.live.commit);
  if (first === undefined || odd === undefined) return first?.live;
  const [one, other] = [first, odd].map(
    ({ host, live }) => `${shortRef(live.ref)} (${shortRevision(live.commit)}) on ${host}`,
  );
  throw new Failure(
    "PART_DIFFERS",
    `Cannot deploy ${app}: its part ${part} is ${one}, but ${other}: say ${part}=REF`,
  );
}
