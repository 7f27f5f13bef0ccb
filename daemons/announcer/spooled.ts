import { type RepositoryName, repositoryName, revision, type Revision } from "../../lib/schema/names.ts";

/** One ref of a push, as git told the hook. */
export interface Moved {
  readonly before: Revision;
  readonly after: Revision;
  /** Whatever git allows: not a RefName yet. */
  readonly ref: string;
}

/** A push, as the hook wrote it down. */
export interface Spooled {
  readonly repository: RepositoryName;
  readonly path: string;
  readonly pusher: string;
  readonly moved: readonly Moved[];
}

const MOST_REFS = 10_000;
const MOST_PUSHER = 300;

/**
 * Reads a file of the spool: a version, a name, a path and a pusher, a line each; the lines that git gave the hook; and `end`,
 * so that a part is told from the whole. Undefined where it is not what the hook writes.
 */
export function readSpooled(contents: string): Spooled | undefined {
  const [version, name = "", path = "", pusher = "", ...lines] = contents.split("\n");
  const whole = version === "skein-push 1" && lines.pop() === "" && lines.pop() === "end";
  const repository = repositoryName.safeParse(after(name, "name "));
  const moved = lines.map(movedIn);
  if (!whole || !repository.success || !path.startsWith("path /") || !pusher.startsWith("pusher "))
    return undefined;
  if (moved.length === 0 || moved.length > MOST_REFS || !moved.every((each) => each !== undefined))
    return undefined;
  return {
    repository: repository.data,
    path: after(path, "path "),
    pusher: after(pusher, "pusher ").slice(0, MOST_PUSHER),
    moved,
  };
}

const after = (line: string, key: string): string => (line.startsWith(key) ? line.slice(key.length) : "");

function movedIn(line: string): Moved | undefined {
  const [, from, to, ref] = /^(\S+) (\S+) (.+)$/s.exec(line) ?? [];
  const before = revision.safeParse(from);
  const now = revision.safeParse(to);
  return before.success && now.success && ref !== undefined
    ? { before: before.data, after: now.data, ref }
    : undefined;
}
