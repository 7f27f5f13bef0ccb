import type { Git } from "../../lib/effects/git.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import { fitting, MOST_COMMITS } from "../../lib/messages/fitting.ts";
import { isNoRevision, type RefName, refName, type RepositoryName } from "../../lib/schema/names.ts";
import type { Move } from "./refs.ts";

const MOST_PATHS = 1_000;
/** As many refs of one push may share new commits, and all of them tell of these. */
const MOST_TOGETHER = 100;

/** What is said of a ref of git: its revisions are object ids. */
export type ToldOfGit = Data<"commit.pushed"> & Pick<Move, "before" | "after">;

/** A push, as far as what is told of each of its refs depends on it. */
export interface Pushed {
  readonly repository: RepositoryName;
  readonly pusher: string;
  readonly moved: readonly Pick<Move, "ref">[];
}

/** What is told of one ref of a push: which commits it brought, by whom, and how the ref moved. Undefined for a tag of no commit. */
export async function pushOf(
  git: Git,
  pushed: Pushed,
  moved: Move,
  ref: RefName,
  at: Date,
): Promise<ToldOfGit | undefined> {
  // A tag may be an object of its own: what counts is the commit that it leads to.
  const [peeled, now] = await Promise.all([git.peel(moved.before), git.peel(moved.after)]);
  if (now === undefined && isTag(ref) && !isNoRevision(moved.after)) return undefined;
  const [before, after] = [peeled ?? moved.before, now ?? moved.after];
  const told = toldOf(pushed, { before, after }, ref, at);
  const forced = told.change === "updated" && !(await git.isAncestor(before, after));
  const beside = refsBeside(pushed, ref);
  const brought = await commitsOf(git, told, beside);
  return {
    ...told,
    change: forced ? "forced" : told.change,
    commits: fitting(brought.commits),
    total: brought.total,
    ...(await pathsOf(git, told, beside)),
  };
}

/** Which paths a branch's push changed. A tag changes none: whoever asks for paths does not mean it. */
async function pathsOf(
  git: Git,
  { ref, before, after }: Pick<Data<"commit.pushed">, "ref"> & Pick<Move, "before" | "after">,
  refs: readonly RefName[],
): Promise<Pick<Data<"commit.pushed">, "paths">> {
  if (isTag(ref) || isNoRevision(after) || !(await git.has(after))) return {};
  const knowsBefore = !isNoRevision(before) && (await git.has(before));
  const { changed, cut } = await git.changedPaths({
    after,
    most: MOST_PATHS,
    ...(knowsBefore ? { before } : { refs }),
  });
  // A new branch of commits that other branches have too: what it changed depends on what it is compared with.
  return changed.length === 0 && !knowsBefore ? {} : { paths: { changed: [...changed], cut } };
}

/** What is told of a ref whose commits cannot be read: it is news all the same, for mirrors fetch and CI builds. */
export function toldOf(
  { repository, pusher }: Pushed,
  { before, after }: Pick<Move, "before" | "after">,
  ref: RefName,
  at: Date,
): ToldOfGit {
  return {
    repository,
    ref,
    before,
    after,
    change: isNoRevision(after) ? "deleted" : isNoRevision(before) ? "created" : "updated",
    ...(pusher === "" ? {} : { pusher }),
    at: at.toISOString(),
    commits: [],
    total: 0,
  };
}

const isTag = (ref: RefName): boolean => ref.startsWith("refs/tags/");

async function commitsOf(git: Git, { ref, before, after }: ToldOfGit, refs: readonly RefName[]) {
  if (isNoRevision(after) || !(await git.has(after))) return { commits: [], total: 0 };
  // A tag brings no commits to speak of: it names one.
  if (isTag(ref)) return { ...(await git.log({ after, most: 1 })), total: 1 };
  const knowsBefore = !isNoRevision(before) && (await git.has(before));
  return git.log({ after, most: MOST_COMMITS, ...(knowsBefore ? { before } : { refs }) });
}

/** A ref, and the others that came in the same push: none of them had these commits before. */
const refsBeside = ({ moved }: Pushed, ref: RefName): RefName[] => [
  ref,
  ...moved.slice(0, MOST_TOGETHER).flatMap((each) => refName.safeParse(each.ref).data ?? []),
];
