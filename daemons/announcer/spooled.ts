import {
  type RepositoryName,
  repositoryName,
  revision,
  type Revision,
  svnRevision,
} from "../../lib/schema/names.ts";

/** One ref of a push, as git told the hook. */
export interface Moved {
  /** Undefined where the hook cannot know it: after a commit to a work tree. */
  readonly before: Revision | undefined;
  readonly after: Revision;
  /** Whatever git allows: not a RefName yet. */
  readonly ref: string;
}

/** What every hook writes down. */
interface Written {
  /** What the hook was told to call the repository; undefined where gitolite calls it what we cannot. */
  readonly name: RepositoryName | undefined;
  readonly path: string;
}

/** A push, or a commit to a work tree. */
export interface Push extends Written {
  readonly kind: "push";
  /** Whether one hook serves all repositories of a server, also those that nobody wants announced. */
  readonly common: boolean;
  readonly pusher: string;
  readonly moved: readonly Moved[];
}

/** A commit to a repository of Subversion. */
export interface Commit extends Written {
  readonly kind: "commit";
  readonly revision: number;
}

export type Spooled = Push | Commit;

const MOST_REFS = 10_000;
const MOST_PUSHER = 300;

/**
 * Reads a file of the spool: a version, a name and a path, a line each; what is told of them; and `end`, so that a part is told
 * from the whole. Undefined where it is not what a hook writes.
 */
export function readSpooled(contents: string): Spooled | undefined {
  const [version, named = "", path = "", ...rest] = contents.split("\n");
  const whole = rest.pop() === "" && rest.pop() === "end";
  const common = named.startsWith("gitolite ");
  const name = repositoryName.safeParse(after(named, common ? "gitolite " : "name ")).data;
  if (!whole || (name === undefined && !common) || !path.startsWith("path /")) return undefined;
  const written = { name, path: after(path, "path ") };
  if (version === "skein-push 1") return pushIn(rest, { ...written, common });
  return version === "skein-commit 1" && !common ? commitIn(rest, written) : undefined;
}

/** A line for who pushed, and the lines that git gave the hook. */
function pushIn(
  [pusher = "", ...lines]: readonly string[],
  written: Written & Pick<Push, "common">,
): Push | undefined {
  if (!pusher.startsWith("pusher ") || lines.length === 0 || lines.length > MOST_REFS) return undefined;
  const moved = lines.map(movedIn);
  if (!moved.every((each) => each !== undefined)) return undefined;
  return { kind: "push", ...written, pusher: after(pusher, "pusher ").slice(0, MOST_PUSHER), moved };
}

function commitIn([line = "", ...more]: readonly string[], written: Written): Commit | undefined {
  const told = svnRevision.safeParse(`r${after(line, "revision ")}`);
  if (!told.success || more.length > 0) return undefined;
  return { kind: "commit", ...written, revision: Number(told.data.slice(1)) };
}

const after = (line: string, key: string): string => (line.startsWith(key) ? line.slice(key.length) : "");

function movedIn(line: string): Moved | undefined {
  const [, from, to, ref] = /^(\S+) (\S+) (.+)$/s.exec(line) ?? [];
  const before = from === "-" ? undefined : revision.safeParse(from).data;
  const now = revision.safeParse(to);
  if (!now.success || ref === undefined || (before === undefined && from !== "-")) return undefined;
  return { before, after: now.data, ref };
}
