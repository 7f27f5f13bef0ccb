import { join } from "node:path";
import { openMirrors } from "../lib/effects/git.ts";
import { Failure } from "../lib/failure.ts";
import { type AppName, type RefName, refName, type Revision, revision } from "../lib/schema/names.ts";
import { carriers, type Seen } from "./inventory.ts";
import type { Settings } from "./settings.ts";

/** What to make live: a revision, and the ref that a person named it by. */
export interface Target {
  readonly ref: RefName;
  readonly revision: Revision;
}

/**
 * Finds the revision that a person means: by the refs that the hosts have fetched, which is where it must come from.
 * @throws {Failure} NAME_INVALID, REF_UNKNOWN or REF_AMBIGUOUS
 */
export async function resolveTarget(
  settings: Settings,
  app: AppName,
  named: string,
  seen: readonly Seen[],
): Promise<Target> {
  if (revision.safeParse(named).success) return byRevision(settings, app, revision.parse(named));
  const wanted = candidates(named);
  const found = new Map<string, Target>();
  for (const { report, present } of carriers(seen, app)) {
    const refs = report.apps.find((each) => each.app === app)?.refs ?? [];
    for (const each of refs)
      if (present && wanted.includes(each.ref)) found.set(`${each.ref} ${each.revision}`, each);
  }
  const targets = [...found.values()];
  const [only] = targets;
  if (only === undefined)
    throw new Failure(
      "REF_UNKNOWN",
      `Cannot deploy ${app}: no host has a branch or tag ${JSON.stringify(named)}${/^[0-9a-f]{4,63}$/.test(named) ? "; a revision must be given in full, as git rev-parse prints it" : ""}`,
      { transient: true },
    );
  if (targets.length === 1) return only;
  const refs = new Set(targets.map(({ ref }) => ref));
  if (refs.size > 1)
    throw new Failure("REF_AMBIGUOUS", `Cannot deploy ${app}: ${named} is ${[...refs].join(" and ")}`);
  throw new Failure(
    "REF_UNKNOWN",
    `Cannot deploy ${app}: the hosts disagree where ${named} is: ${targets.map(({ revision: at }) => at).join(", ")}`,
    { transient: true },
  );
}

/** The full names that a short one may stand for. */
function candidates(named: string): string[] {
  const possible = named.startsWith("refs/") ? [named] : [`refs/heads/${named}`, `refs/tags/${named}`];
  const names = possible.filter((each) => refName.safeParse(each).success);
  if (names.length > 0) return names;
  const shown = named.length > 80 ? `${named.slice(0, 80)}… (${named.length} characters)` : named;
  throw new Failure(
    "NAME_INVALID",
    `Cannot deploy ${JSON.stringify(shown)}: it must be a branch, a tag, refs/…/NAME, or a full object id`,
  );
}

/** A bare object id is deployed as part of a branch or tag that contains it: that is what policies are about. */
async function byRevision(settings: Settings, app: AppName, wanted: Revision): Promise<Target> {
  const configured = Object.hasOwn(settings.apps, app) ? settings.apps[app] : undefined;
  const mirrors = openMirrors(join(settings.state, "mirrors"), settings.repositories);
  const refs =
    configured === undefined
      ? []
      : await mirrors
          .of(configured.repository)
          .refsContaining(wanted)
          .catch(() => []);
  const [ref] = refs;
  if (ref !== undefined) return { ref, revision: wanted };
  throw new Failure(
    "REF_UNKNOWN",
    `Cannot deploy ${app}: the mirror here has no branch or tag that contains ${wanted}`,
  );
}
