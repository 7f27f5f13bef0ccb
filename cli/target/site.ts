import type { AppOf } from "../../lib/config/apps.ts";
import { partsOf } from "../../lib/config/made-of.ts";
import { Failure } from "../../lib/failure.ts";
import type { AppName, PartName } from "../../lib/schema/names.ts";
import { type Release, release, type SitePart } from "../../lib/security/release.ts";
import { carriers, type Seen } from "../inventory.ts";
import type { Settings } from "../settings.ts";
import { resolveCommit } from "./git.ts";

/** Every part stands where it was configured to. */
const BASE = "base";

/**
 * The parts of a site, as `theme=v1.2,news=main` names them. A part that is not named stays where it is live; `base` builds all of it
 * as it is configured.
 * @throws {Failure} NAME_INVALID, REF_UNKNOWN or REF_AMBIGUOUS
 */
export async function resolveSite(
  settings: Settings,
  {
    app,
    configured,
    named,
  }: { readonly app: AppName; readonly configured: AppOf<"site">; readonly named: string },
  seen: readonly Seen[],
): Promise<Release> {
  const known = partsOf(configured);
  const wanted =
    named === BASE
      ? new Map<string, string>()
      : wordsIn(
          named,
          app,
          known.map(([part]) => part),
        );
  const parts: SitePart[] = [];
  for (const [part, { repository, base }] of known) {
    const live = named === BASE || wanted.has(part) ? undefined : liveOf(app, part, seen);
    if (live !== undefined) parts.push(live);
    else {
      const found = await resolveCommit(settings, { app, repository, part }, wanted.get(part) ?? base, seen);
      parts.push({ part, commit: found.revision, ref: found.ref });
    }
  }
  const first = parts.find(({ part }) => wanted.has(part)) ?? parts[0];
  return release.parse({ type: "site", ref: first?.ref, parts });
}

function wordsIn(named: string, app: AppName, parts: readonly PartName[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const word of named.split(",")) {
    const [part = "", ref = ""] = word.split("=", 2);
    if (!parts.some((each) => each === part) || ref === "")
      throw new Failure(
        "NAME_INVALID",
        `Cannot deploy ${app}: ${JSON.stringify(word)} must be PART=REF, with one of ${parts.join(", ")}; or say ${BASE}`,
      );
    words.set(part, ref);
  }
  return words;
}

/** What a part stands at on every host; undefined where nothing of it is live. */
function liveOf(app: AppName, part: PartName, seen: readonly Seen[]): SitePart | undefined {
  const lives = carriers(seen, app)
    .filter(({ present }) => present)
    .map(({ report }) =>
      report.apps.find((each) => each.app === app)?.live?.parts?.find((each) => each.part === part),
    );
  const [first] = lives;
  if (lives.every((each) => each?.commit === first?.commit)) return first;
  throw new Failure(
    "REF_AMBIGUOUS",
    `Cannot deploy ${app}: the hosts disagree where its part ${part} is: say ${part}=REF`,
  );
}
