import { join } from "node:path";
import type { Origin } from "../../lib/config/made-of.ts";
import { type Git, openMirrors } from "../../lib/effects/git.ts";
import { Failure } from "../../lib/failure.ts";
import { type AppName, type RefName, refName, type Revision, revision } from "../../lib/schema/names.ts";
import { carriers, type Seen } from "../inventory.ts";
import type { Settings } from "../settings.ts";

/** A commit, and the ref that a person named it by. */
interface Named {
  readonly ref: RefName;
  readonly revision: Revision;
}

/** Where a commit comes from. */
type From = Origin & { readonly app: AppName };

/**
 * Finds the revision that a person means: by the refs that the hosts have fetched, which is where it must come from.
 * @throws {Failure} NAME_INVALID, REF_UNKNOWN or REF_AMBIGUOUS
 */
export async function resolveCommit(
  settings: Settings,
  from: From,
  named: string,
  seen: readonly Seen[],
): Promise<Named> {
  const { app, part } = from;
  if (revision.safeParse(named).success) return byRevision(settings, from, revision.parse(named));
  const meant = SHORT.test(named) ? await commitsLike(settings, from, named) : [];
  const wanted = candidates(named);
  const found = new Map<string, Named>();
  for (const { report, present } of carriers(seen, app)) {
    const refs = report.apps.find((each) => each.app === app)?.refs ?? [];
    for (const each of refs)
      if (present && each.part === part && wanted.includes(each.ref))
        found.set(`${each.ref} ${each.revision}`, each);
  }
  const targets = [...found.values()];
  const [commit, another] = meant;
  if (commit !== undefined && (another !== undefined || targets.length > 0))
    throw new Failure(
      "REF_AMBIGUOUS",
      `Cannot deploy ${app}: ${named} may be ${[...targets.map(({ ref }) => ref), ...meant].join(" or ")}`,
    );
  if (commit !== undefined) return byRevision(settings, from, commit);
  const [only] = targets;
  if (only === undefined)
    throw new Failure(
      "REF_UNKNOWN",
      `Cannot deploy ${app}: no host has a branch or tag ${JSON.stringify(named)}${part === undefined ? "" : ` of its part ${part}`}${SHORT.test(named) ? ", and no revision here begins so" : ""}`,
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
    `Cannot deploy ${JSON.stringify(shown)}: it must be a branch, a tag, refs/…/NAME, or a revision`,
  );
}

/** A revision as tables print it, and as people type it. */
const SHORT = /^[0-9a-f]{7,63}$/;

const mirrorOf = (settings: Settings, { repository }: From): Git =>
  openMirrors(join(settings.state, "mirrors"), settings.repositories).of(repository);

const commitsLike = async (settings: Settings, from: From, beginning: string): Promise<readonly Revision[]> =>
  mirrorOf(settings, from)
    .commitsLike(beginning)
    .catch(() => []);

/** A bare object id is deployed as part of a branch or tag that contains it: that is what policies are about. */
async function byRevision(settings: Settings, from: From, wanted: Revision): Promise<Named> {
  const refs = await mirrorOf(settings, from)
    .refsContaining(wanted)
    .catch(() => []);
  const [ref] = refs;
  if (ref !== undefined) return { ref, revision: wanted };
  throw new Failure(
    "REF_UNKNOWN",
    `Cannot deploy ${from.app}: the mirror here has no branch or tag that contains ${wanted}`,
  );
}
