import { openRepository } from "../../lib/effects/git.ts";
import { reasonOf } from "../../lib/failure.ts";
import { message, type Message } from "../../lib/messages/catalogue.ts";
import {
  NO_REVISION,
  type RefName,
  refName,
  type RepositoryName,
  type Revision,
} from "../../lib/schema/names.ts";
import type { KnownGit } from "./known.ts";
import { type Pushed, pushOf, type ToldOfGit, toldOf } from "./push.ts";
import {
  covering,
  differences,
  firstSight,
  isCovered,
  lastOf,
  missedBefore,
  type Move,
  ripe,
  told,
} from "./refs.ts";
import type { Moved, Push } from "./spooled.ts";
import { type Surrounded, unannounced } from "./surrounded.ts";

/** A push, where its commits are read, and when it was made. */
interface Read {
  readonly pushed: Pushed;
  readonly path: string;
  readonly at: Date;
}

/** What is to be said of a ref; without its commits where they cannot be read. Nothing of a tag that leads to none. */
interface Told {
  readonly data: ToldOfGit | undefined;
  readonly complete: boolean;
}

/** Announces each ref of a push, and before it what an earlier hook could not tell of the same ref. */
export async function* announcePush(
  repository: RepositoryName,
  path: string,
  { pusher, moved }: Push,
  at: Date,
  context: Surrounded,
): AsyncGenerator<Message> {
  const read = { pushed: { repository, pusher, moved }, path, at };
  for (const each of moved) {
    const ref = refName.safeParse(each.ref);
    if (ref.success) yield* announceRef(ref.data, each, read, context);
    else yield unannounced(repository, each.ref, `it ${ref.error.issues[0]?.message ?? "is no ref"}`, at);
  }
}

async function* announceRef(
  ref: RefName,
  moved: Moved,
  read: Read,
  context: Surrounded,
): AsyncGenerator<Message> {
  const known = await context.deps.known();
  const { repository } = read.pushed;
  const seen = known.git(repository);
  const before = moved.before ?? (await beforeCommit(ref, moved.after, read, seen));
  // A commit is told of by more than one hook where it was amended or merged.
  if (moved.before === undefined && before === moved.after) return;
  const { data, complete } = await tell(ref, { ref, before, after: moved.after }, read, context);
  if (data === undefined) {
    yield unannounced(repository, ref, "it leads to no commit", read.at);
    if (seen !== undefined)
      await known.note(repository, told(seen, { ref, before, after: NO_REVISION }, read.at));
    return;
  }
  if (seen !== undefined && isCovered(seen, data, read.at)) return;
  const missed = seen !== undefined && complete ? missedBefore(seen, data, read.at) : undefined;
  // Its own hook, where it is only late, wrote its file before this one's.
  if (missed !== undefined) yield* announceMissed(missed, read, new Date(read.at.getTime() - 1), context);
  yield message("commit.pushed", data);
  const now = known.git(repository);
  if (now !== undefined) await known.note(repository, { ...told(now, data, read.at), path: read.path });
}

/** Where a branch was before a commit that only tells where it is: where it was last seen, or else at the parent of the commit. */
async function beforeCommit(
  ref: RefName,
  after: Revision,
  { path }: Read,
  seen: KnownGit | undefined,
): Promise<Revision> {
  if (seen !== undefined) return lastOf(seen, ref);
  return (await openRepository(path).parent(after)) ?? NO_REVISION;
}

/** Announces a move that no hook told of, as of a moment. */
async function* announceMissed(
  move: Move,
  { pushed: { repository }, path, at }: Read,
  until: Date,
  context: Surrounded,
): AsyncGenerator<Message> {
  const known = await context.deps.known();
  const ref = refName.parse(move.ref);
  const read = { pushed: { repository, pusher: "", moved: [move] }, path, at };
  const { data } = await tell(ref, move, read, context);
  if (data !== undefined) yield message("commit.pushed", data);
  const seen = known.git(repository);
  if (seen !== undefined) await known.note(repository, covering(seen, move, until));
}

async function tell(
  ref: RefName,
  move: Move,
  { pushed, path, at }: Read,
  { log }: Surrounded,
): Promise<Told> {
  try {
    return { data: await pushOf(openRepository(path), pushed, move, ref, at), complete: true };
  } catch (error) {
    log.warn(
      { error, repository: pushed.repository },
      `the commits of a push cannot be read: ${reasonOf(error)}`,
    );
    return { data: toldOf(pushed, move, ref, at), complete: false };
  }
}

/** Compares the refs of a repository with what was last announced, and announces what no hook told of. */
export async function* sweepGit(
  repository: RepositoryName,
  path: string,
  /** Announces what hooks have told in the meantime. */
  catchUp: () => AsyncGenerator<Message>,
  context: Surrounded,
): AsyncGenerator<Message, boolean> {
  const known = await context.deps.known();
  const looked = context.now();
  const refs = await openRepository(path).refs();
  yield* catchUp();
  const seen = known.git(repository);
  if (seen === undefined) {
    const since = context.now();
    await known.note(repository, firstSight(path, await openRepository(path).refs(), since));
    return false;
  }
  const { due, pending } = ripe(seen, differences(seen, refs), looked);
  const changed =
    pending.length !== seen.pending.length || pending.some((each) => !seen.pending.includes(each));
  if (changed || seen.path !== path) await known.note(repository, { ...seen, path, pending });
  for (const { at, ...move } of due) {
    const read = { pushed: { repository, pusher: "", moved: due }, path, at: new Date(at) };
    yield* announceMissed(move, read, looked, context);
  }
  return pending.length > due.length;
}
