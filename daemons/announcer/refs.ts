import type { RefAt } from "../../lib/effects/git.ts";
import { isNoRevision, NO_REVISION, type Revision } from "../../lib/schema/names.ts";
import type { KnownGit } from "./known.ts";

/** A ref that moved; nothing but zeros where it was not there, or is no more. */
export interface Move {
  readonly ref: string;
  readonly before: Revision;
  readonly after: Revision;
}

/** As many announcements that no hook had told of are remembered, in case that its hook was only late. */
const MOST_COVERED = 200;
/** A hook that is late is not later than this, in milliseconds; after that, the same move is another one. */
const LATE = 60_000;

/** What is known of a repository that is seen for the first time: nothing of its past is announced. */
export const firstSight = (path: string, refs: readonly RefAt[], since: Date): KnownGit => ({
  kind: "git",
  path,
  since: since.toISOString(),
  refs: Object.fromEntries(refs.map(({ ref, revision }) => [ref, revision])),
  covered: [],
  pending: [],
});

/** Where a ref was when it was last announced. */
export const lastOf = ({ refs }: KnownGit, ref: string): Revision => refs[ref] ?? NO_REVISION;

const same = (one: Move, other: Move): boolean =>
  one.ref === other.ref && isSame(one.before, other.before) && isSame(one.after, other.after);

/** The zeros of "not there" come in two lengths. */
const isSame = (one: Revision, other: Revision): boolean =>
  one === other || (isNoRevision(one) && isNoRevision(other));

/** Whether what a hook tells of was announced already, for the hook was late. */
export const isCovered = (known: KnownGit, move: Move, at: Date): boolean =>
  known.covered.some((each) => {
    const later = at.getTime() - Date.parse(each.at);
    return each.ref === move.ref && (later <= 0 || (later < LATE && same(each, move)));
  });

/** What happened to a ref between what was last announced and what a hook tells of: an earlier hook could not tell. */
export function missedBefore(known: KnownGit, { ref, before, after }: Move, at: Date): Move | undefined {
  const last = lastOf(known, ref);
  const old = at.getTime() - Date.parse(known.since);
  // What was pushed before the first look may be seen by it as well.
  if (isSame(last, before) || old <= 0) return undefined;
  // Told for a second time: its file outlived a crash.
  const isRepeated = known.told === at.toISOString() || old < LATE;
  return isSame(last, after) && isRepeated ? undefined : { ref, before: last, after: before };
}

/** What is known once a move was announced. */
function announced(known: KnownGit, { ref, after }: Move): KnownGit {
  const { [ref]: _former, ...others } = known.refs;
  return { ...known, refs: isNoRevision(after) ? others : { ...others, [ref]: after } };
}

/** What is known once a move was announced of which a hook had told. */
export const told = (known: KnownGit, move: Move, at: Date): KnownGit => ({
  ...announced(known, move),
  told: at.toISOString(),
});

/** What is known once a move was announced of which no hook had told. */
export function covering(known: KnownGit, move: Move, at: Date): KnownGit {
  const covered = [...known.covered, { ...move, at: at.toISOString() }].slice(-MOST_COVERED);
  const pending = known.pending.filter((each) => !same(each, move));
  return { ...announced(known, move), covered, pending };
}

/** How the refs differ from what was last announced. */
export function differences(known: KnownGit, refs: readonly RefAt[]): Move[] {
  const now = new Map<string, Revision>(refs.map(({ ref, revision }) => [ref, revision]));
  const gone = Object.keys(known.refs).filter((ref) => !now.has(ref));
  return [...now.keys(), ...gone]
    .map((ref) => ({ ref, before: lastOf(known, ref), after: now.get(ref) ?? NO_REVISION }))
    .filter(({ before, after }) => before !== after);
}

/**
 * What is to be announced of the differences: those that were there at the last look as well, for a hook may only not have got
 * to it yet. Each with when it was first seen, so that it is the same message if it has to be said again.
 */
export function ripe(
  known: KnownGit,
  found: readonly Move[],
  at: Date,
): { readonly due: readonly (Move & { readonly at: string })[]; readonly pending: KnownGit["pending"] } {
  const seen = (move: Move) => known.pending.find((each) => same(each, move));
  const pending = found.map((move) => seen(move) ?? { ...move, at: at.toISOString() });
  return { due: pending.filter((each) => known.pending.includes(each)), pending };
}
