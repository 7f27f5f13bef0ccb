import { z } from "zod";
import { NO_REVISION } from "../../lib/schema/names.ts";
import type { Forge, Ignored, Moved, Told, ToldCommit } from "./forge.ts";

/** Reads a payload by the reader that its event has; what has none is ignored with a word. */
export const byEvent =
  (readers: Readonly<Record<string, (payload: unknown) => Told | Ignored>>): Forge["tell"] =>
  (event, payload) =>
    (Object.hasOwn(readers, event) ? readers[event]?.(payload) : undefined) ?? {
      ignored: `nothing is made of the event ${event}`,
    };

/** The answer to a forge that asks whether anybody is there. */
export const pinged = (): Ignored => ({ ignored: "ping: the hook works" });
/** Of what is told by the push beside it. */
export const toldTwice = (): Ignored => ({ ignored: "the push tells of it, too" });

/** Text that may be missing, or be something else. */
export const word = z.string().optional().catch(undefined);
/** Yes, or anything else. */
export const flag = z.boolean().catch(false);
/** A count that may be missing. */
export const count = z.int().min(0).catch(0);

/** A list that may be missing, without those of its elements that are not what they should be. */
export const list = <Schema extends z.ZodType>(element: Schema) =>
  z
    .array(element.nullable().catch(null as never))
    .catch([])
    .transform((all) => all.filter((each) => each !== null) as z.infer<Schema>[]);

/** Something with fields that may be missing, or be something else. */
export const maybe = <Schema extends z.ZodType>(schema: Schema) =>
  schema.optional().catch(undefined as never);

const DATE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?\s?(Z|UTC|[+-]\d\d:?\d\d)$/;
const LAST = Date.UTC(9999, 11, 31);

/** When something was: a date with its zone, or a count since 1970 in milliseconds; undefined for anything else. */
export function dateOf(said: string | number | undefined): Date | undefined {
  const at = typeof said === "number" ? said : DATE.test(said ?? "") ? Date.parse(said ?? "") : Number.NaN;
  return at >= 0 && at <= LAST ? new Date(at) : undefined;
}

const author = z.object({ name: word, email: word });

/** A commit in the form that GitHub began and GitLab, Gitea and Gogs took over. */
export const hubCommit = z
  .object({ id: z.string(), message: word, timestamp: word, author: maybe(author) })
  .transform(({ id, message, timestamp, author: by }): ToldCommit => ({
    id,
    author: { name: by?.name ?? "", email: by?.email ?? "" },
    at: dateOf(timestamp),
    message: message ?? "",
  }));

/** A push in that form. */
export const hubPush = z.object({
  ref: z.string(),
  before: z.string(),
  after: z.string(),
  commits: list(hubCommit),
  head_commit: maybe(hubCommit),
});

/**
 * A ref that moved, told in that form. Of an annotated tag `after` is the tag itself, and `commit` what it leads to.
 * What a tag brings is the commit that it names.
 */
export function movedBy(
  { ref, before, after, commits }: Omit<z.infer<typeof hubPush>, "head_commit">,
  {
    commit,
    forced = false,
    total = 0,
  }: { commit?: ToldCommit | undefined; forced?: boolean; total?: number },
): Moved {
  if (isGone(after)) return { ref, before, after, forced: false, commits: [], total: 0 };
  if (ref.startsWith("refs/tags/"))
    return {
      ref,
      before,
      after: commit?.id ?? after,
      forced: false,
      commits: commit === undefined ? [] : [commit],
      total: 1,
    };
  const newest = newestFirst(commits, after);
  return { ref, before, after, forced, commits: newest, total: Math.max(total, commits.length) };
}

/** Some forges list the oldest commit first, some the newest. */
const newestFirst = (commits: readonly ToldCommit[], newest: string): readonly ToldCommit[] =>
  commits.at(-1)?.id === newest ? commits.toReversed() : commits;

/** What stands for a ref that is not there, where a forge says nothing. */
export const NOWHERE: string = NO_REVISION;

const isGone = (id: string): boolean => /^0+$/.test(id);

/** Where a request leads from and to, for people. */
export const fromTo = (from: string | undefined, to: string | undefined): string =>
  from === undefined || to === undefined ? "" : ` (${from} → ${to})`;
