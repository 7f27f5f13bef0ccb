import type { Git } from "../../lib/effects/git.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import { isNoRevision, type RefName, type Revision } from "../../lib/schema/names.ts";
import type { Moved, Spooled } from "./spooled.ts";

/** What is told of one ref of a push: which commits it brought, by whom, and how the ref moved. */
export async function pushOf(
  git: Git,
  { repository, pusher }: Spooled,
  { before, after }: Moved,
  ref: RefName,
  at: Date,
): Promise<Data<"commit.pushed">> {
  // A tag may be an object of its own: what counts is the commit that it leads to.
  const [from, to] = await Promise.all([commitOf(git, before), commitOf(git, after)]);
  const change = isNoRevision(after)
    ? "deleted"
    : isNoRevision(before)
      ? "created"
      : (await git.isAncestor(from, to))
        ? "updated"
        : "forced";
  const brought = await commitsOf(git, { ref, from, to });
  return {
    repository,
    ref,
    before: from,
    after: to,
    change,
    ...(pusher === "" ? {} : { pusher }),
    at: at.toISOString(),
    commits: [...brought.commits],
    total: brought.total,
  };
}

const commitOf = async (git: Git, id: Revision): Promise<Revision> =>
  isNoRevision(id) ? id : ((await git.peel(id)) ?? id);

const MOST_COMMITS = 100;

async function commitsOf(git: Git, { ref, from, to }: { ref: RefName; from: Revision; to: Revision }) {
  const none = { commits: [], total: 0 };
  if (isNoRevision(to) || !(await git.has(to))) return none;
  if (ref.startsWith("refs/tags/")) return { ...(await git.log({ after: to, most: 1 })), total: 1 };
  const knowsBefore = !isNoRevision(from) && (await git.has(from));
  return git.log({ after: to, most: MOST_COMMITS, ...(knowsBefore ? { before: from } : { ref }) });
}
