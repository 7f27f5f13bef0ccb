import { blockedIn, type Git } from "../../lib/effects/git.ts";
import { Failure } from "../../lib/failure.ts";
import type { RepositoryName, Revision } from "../../lib/schema/names.ts";
import { livesOf } from "../state.ts";
import { treeOf, writerOf } from "../tree.ts";
import type { Work } from "../work.ts";
import type { Perform } from "./step-of.ts";

/** What a checkout would hold, and what it holds now. */
interface Change {
  readonly repository: RepositoryName;
  readonly revision: Revision;
  readonly former: Revision | null;
}

/** Sees to it, before the turn of any host comes, that a revision can be checked out. */
export const requireTree: Perform<"require-tree"> = async ({ repository, revision }, work) => {
  await writerOf(work);
  const [live] = await livesOf(work.layout);
  await requireUnblocked({ repository, revision, former: live?.revision ?? null }, work);
};

/** @throws {Failure} CHECKOUT_BLOCKED where a folder with something that nobody checked out would have to go */
export async function requireUnblocked({ repository, revision, former }: Change, work: Work): Promise<void> {
  const [mirror, tree] = [work.mirrors.of(repository), treeOf(work)];
  const path = await blockedIn(mirror, {
    commit: revision,
    former: await knownIn(mirror, former),
    into: tree,
  });
  if (path === undefined) return;
  throw new Failure(
    "CHECKOUT_BLOCKED",
    `Cannot check ${work.name} out: ${tree}/${path} is a folder with something in it, and the revision has a file there`,
  );
}

/** A former commit that the mirror lost leaves files behind, and stops nothing. */
export const knownIn = async (mirror: Git, former: Revision | null): Promise<Revision | undefined> =>
  former !== null && (await mirror.has(former)) ? former : undefined;
