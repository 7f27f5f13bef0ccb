import { z } from "zod";
import type { Git, RefAt } from "../../lib/effects/git.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import { isOfSvn, revision, type Revision } from "../../lib/schema/names.ts";

/** What is known of the builds of one ref. */
export const builds = z.object({
  /** Which builds of which revisions passed, the newest last. */
  passed: z.array(z.object({ revision, pipeline: z.string() })),
  /** What may be checked out. */
  allowed: revision.optional(),
});
export type Builds = z.infer<typeof builds>;

/** How many builds of a ref are remembered. */
const MOST = 200;

/** Notes how a build ended. The last result counts: a build that is run again and fails has not passed. */
export function noted(known: Builds, { build, revision: id, outcome }: Data<"build.finished">): Builds {
  if (isOfSvn(id)) return known;
  const pipeline = build.slice(0, build.lastIndexOf("@"));
  const others = known.passed.filter((each) => each.revision !== id || each.pipeline !== pipeline);
  const passed = outcome === "passed" ? [...others, { revision: id, pipeline }] : others;
  return { ...known, passed: passed.slice(-MOST) };
}

/** Decides what may be checked out of a ref now. Of a mirror that is fresh, what was decided on need not be remembered. */
export async function decided(
  git: Pick<Git, "has" | "isAncestor">,
  at: RefAt,
  { builds: { passed, allowed: former }, pipelines, fresh }: Known,
): Promise<Builds> {
  const complete = completeIn(passed, pipelines);
  let allowed = former;
  for (const id of complete) if (await supersedes(git, id, at, allowed)) allowed = id;
  const rest = fresh ? passed.filter(({ revision }) => !complete.includes(revision)) : passed;
  return { passed: rest, allowed };
}

interface Known {
  readonly builds: Builds;
  readonly pipelines: readonly string[];
  readonly fresh: boolean;
}

/** The revisions of which every build that is asked for passed, in the order in which they did. */
function completeIn(passed: Builds["passed"], pipelines: readonly string[]): Revision[] {
  const ids = [...new Set(passed.map(({ revision }) => revision))];
  const has = (id: Revision, name: string) =>
    passed.some(({ revision, pipeline }) => revision === id && pipeline === name);
  return ids.filter((id) => pipelines.every((name) => has(id, name)));
}

/**
 * Whether a revision that passed takes the place of the one that is allowed now: it must be on its branch, or be its tag, and builds
 * that end in another order than they began do not lead back to an older one.
 */
async function supersedes(
  git: Pick<Git, "has" | "isAncestor">,
  id: Revision,
  at: RefAt,
  now: Revision | undefined,
): Promise<boolean> {
  const isOn = async (each: Revision) => (await git.has(each)) && git.isAncestor(each, at.revision);
  if (!(await isOn(id))) return false;
  // A tag names one revision: no older one that leads to it may stand under its name.
  if (at.ref.startsWith("refs/tags/")) return id === at.revision;
  if (now === undefined || !(await isOn(now))) return true;
  return git.isAncestor(now, id);
}
