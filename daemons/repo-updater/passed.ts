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

/** Notes how a build ended, and says for which revision nothing is wanting now, if that is so. */
export function noted(
  { passed, allowed }: Builds,
  { build, revision: id, outcome }: Data<"build.finished">,
  pipelines: readonly string[],
): { readonly builds: Builds; readonly complete: Revision | undefined } {
  if (isOfSvn(id)) return { builds: { passed, allowed }, complete: undefined };
  const pipeline = build.slice(0, build.lastIndexOf("@"));
  // The last result counts: a build that is run again and fails has not passed.
  const others = passed.filter((each) => each.revision !== id || each.pipeline !== pipeline);
  const now = outcome === "passed" ? [...others, { revision: id, pipeline }] : others;
  const has = (name: string) => now.some((each) => each.revision === id && each.pipeline === name);
  const complete = outcome === "passed" && (pipelines.length === 0 || pipelines.every(has));
  return { builds: { passed: now.slice(-MOST), allowed }, complete: complete ? id : undefined };
}

/**
 * Whether a revision that passed takes the place of the one that is allowed now: it must be on its branch, or be its tag, and builds
 * that end in another order than they began do not lead back to an older one.
 */
export async function supersedes(
  git: Pick<Git, "has" | "isAncestor">,
  id: Revision,
  at: RefAt | undefined,
  now: Revision | undefined,
): Promise<boolean> {
  if (at === undefined || !(await git.has(id))) return false;
  const isOn = (each: Revision) => git.isAncestor(each, at.revision);
  if (!(await isOn(id))) return false;
  if (now === undefined || now === id || !(await git.has(now)) || !(await isOn(now))) return true;
  return git.isAncestor(now, id);
}
