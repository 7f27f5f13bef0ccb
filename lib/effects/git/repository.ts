import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Commit } from "../../messages/catalogue/commits.ts";
import { atMost } from "../../pace/at-most.ts";
import { type RefName, refName, type Revision, revision } from "../../schema/names.ts";
import { callGit, git } from "./run.ts";
import { parseLog, LOG_FORMAT } from "./log.ts";

/** A branch or tag, and the commit that it leads to. */
export interface RefAt {
  readonly ref: RefName;
  readonly revision: Revision;
}

/** Git on one bare repository. Only full object ids and full refs go in and come out. */
export interface Git {
  readonly folder: string;
  /** Every branch and tag that leads to a commit; names that no RefName can be are left out. */
  refs(order?: "newest first"): Promise<readonly RefAt[]>;
  resolve(ref: RefName): Promise<Revision | undefined>;
  /** The commit that an object leads to: itself, or what a tag object names. */
  peel(id: Revision): Promise<Revision | undefined>;
  /** The commits whose ids begin so; at least four digits. */
  commitsLike(beginning: string): Promise<readonly Revision[]>;
  /** The first parent of a commit; undefined where it has none. */
  parent(commit: Revision): Promise<Revision | undefined>;
  /** Whether a commit is there. */
  has(commit: Revision): Promise<boolean>;
  /** The branches and tags from which a commit can be reached. */
  refsContaining(commit: Revision): Promise<readonly RefName[]>;
  isAncestor(older: Revision, newer: Revision): Promise<boolean>;
  /** Commits that `after` reaches and `before` does not, newest first; without `before`, those that no branch but `refs` reaches. */
  log(range: Range): Promise<{ readonly commits: readonly Commit[]; readonly total: number }>;
  /** The paths that `log` of the same range tells of, at most so many of them: those that differ, where `before` is known. */
  changedPaths(range: Range): Promise<{ readonly changed: readonly string[]; readonly cut: boolean }>;
  /**
   * The contents of a file, at most 4 MiB of it; undefined where the revision has none of that name.
   * @throws {Failure} GIT_FAILED where the revision is not there: that is not the same as having no such file
   */
  readFile(commit: Revision, path: string): Promise<Buffer | undefined>;
  symlinks(commit: Revision): Promise<readonly { readonly path: string; readonly target: string }[]>;
  /** Writes all files of a revision into an empty folder. */
  stage(commit: Revision, into: string): Promise<void>;
}

/** Which commits are asked for, and how many are listed. */
export interface Range {
  readonly after: Revision;
  readonly before?: Revision;
  readonly refs?: readonly RefName[];
  readonly most: number;
}

/** Where branches and tags stand in a repository: a mirror keeps them apart, so that no name is taken for an object id. */
export interface Places {
  readonly heads: string;
  readonly tags: string;
}

/** Of so many objects whose ids begin alike, no one need know more than that they are many. */
const MOST_LIKE = 16;
const MOST_FILE = 4 * 1024 * 1024;
/** How much of a list of paths is read, how much of it is told, and how long one of them may be, in bytes. */
const MOST_PATHS = 1024 * 1024;
const MOST_PATHS_TOLD = 64 * 1024;
const MOST_PATH = 1_000;

/** Git on a repository whose branches and tags stand at some places. */
export function gitOn(folder: string, places: Places): Git {
  const inside = (ref: RefName) =>
    ref.replace("refs/heads/", places.heads).replace("refs/tags/", places.tags);
  const outside = (name: string) =>
    refName.safeParse(name.replace(places.heads, "refs/heads/").replace(places.tags, "refs/tags/"));
  const listed = async (...args: string[]) => {
    const format = "--format=%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)";
    const lines = (await git(folder, ["for-each-ref", format, ...args, places.heads, places.tags]))
      .toString("utf8")
      .split("\n");
    return lines.flatMap((line) => refAt(line, outside));
  };
  /** What `git log` is told of a range. */
  const rangeOf = ({ after, before, refs }: Range) => {
    const but = refs?.map((ref) => `--exclude=${inside(ref)}`);
    const others = but === undefined ? [] : ["--not", ...but, `--glob=${places.heads}*`];
    return before === undefined ? [after, ...others] : [after, `^${before}`];
  };
  const resolved = async (name: string) => {
    const { code, stdout } = await callGit(folder, [
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      `${name}^{commit}`,
    ]);
    return code === 0 ? revision.safeParse(stdout.toString("latin1").trim()).data : undefined;
  };
  return {
    folder,
    refs: (order) => (order === undefined ? listed() : listed("--sort=refname", "--sort=-creatordate")),
    resolve: (ref) => resolved(inside(ref)),
    peel: resolved,
    commitsLike: async (beginning) => {
      const printed = await git(folder, ["rev-parse", `--disambiguate=${beginning}`]);
      const ids = printed.toString("latin1").split("\n");
      const known = ids.flatMap((id) => revision.safeParse(id).data ?? []).slice(0, MOST_LIKE);
      const commits = await Promise.all(known.map(async (id) => ((await resolved(id)) === id ? [id] : [])));
      return commits.flat();
    },
    parent: (commit) => resolved(`${commit}^1`),
    has: async (commit) => (await resolved(commit)) === commit,
    refsContaining: async (commit) =>
      (await resolved(commit)) === commit ? (await listed(`--contains=${commit}`)).map(({ ref }) => ref) : [],
    isAncestor: async (older, newer) =>
      (await callGit(folder, ["merge-base", "--is-ancestor", older, newer])).code === 0,
    log: async ({ most, ...wanted }) => {
      const range = rangeOf({ ...wanted, most });
      const commits = parseLog(
        await git(folder, ["log", "-z", `--max-count=${most}`, LOG_FORMAT, ...range, "--"]),
      );
      const total = Number(
        (await git(folder, ["rev-list", "--count", ...range, "--"])).toString("latin1").trim(),
      );
      return { commits, total };
    },
    changedPaths: async ({ most, ...wanted }) => {
      const { before, after } = wanted;
      const names = ["-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv"];
      const printed =
        before === undefined
          ? await git(folder, ["log", ...names, "--format=", ...rangeOf({ ...wanted, most }), "--"], {
              most: MOST_PATHS,
            })
          : await git(folder, ["diff-tree", "-r", ...names, before, after, "--"], { most: MOST_PATHS });
      return pathsIn(printed, most);
    },
    readFile: async (commit, path) => {
      const printed = await git(folder, ["ls-tree", "-z", "--full-tree", commit, "--", path]);
      const [, type, id] = printed.toString("utf8").split(/[ \t]/, 3);
      if (type !== "blob" || id === undefined) return undefined;
      return git(folder, ["cat-file", "blob", id], { most: MOST_FILE });
    },
    symlinks: (commit) => symlinksOf(folder, commit),
    stage: (commit, into) => stage(folder, commit, into),
  };
}

/** The paths that git printed, each once; what is too long or too much is left out, and that is said. */
function pathsIn(printed: Buffer, most: number): { changed: readonly string[]; cut: boolean } {
  // What was cut off in the middle does not end with a NUL.
  const all = [...new Set(printed.toString("utf8").split("\0").slice(0, -1))].filter((path) => path !== "");
  let bytes = 0;
  const changed = all
    .filter((path) => path.length <= MOST_PATH && (bytes += Buffer.byteLength(path)) <= MOST_PATHS_TOLD)
    .slice(0, most);
  return { changed, cut: changed.length < all.length || printed.length >= MOST_PATHS };
}

/** One line of for-each-ref: a branch or lightweight tag names its commit itself, an annotated tag one step further. */
function refAt(line: string, outside: (name: string) => { data?: RefName | undefined }): RefAt[] {
  const [name = "", type, id, peeledType, peeled] = line.split("\0");
  const commit = type === "commit" ? id : peeledType === "commit" ? peeled : undefined;
  const ref = outside(name).data;
  const at = revision.safeParse(commit).data;
  return ref === undefined || at === undefined ? [] : [{ ref, revision: at }];
}

const LINK_MODE = "120000";
const MOST_READERS = 8;

async function symlinksOf(folder: string, commit: Revision) {
  const entries = (await git(folder, ["ls-tree", "-r", "-z", "--full-tree", commit]))
    .toString("utf8")
    .split("\0");
  const links = entries.filter((entry) => entry.startsWith(LINK_MODE));
  // Whoever pushes decides how many there are.
  return atMost(MOST_READERS, links, async (entry) => {
    const [attributes = "", path = ""] = entry.split("\t", 2);
    const target = await git(folder, ["cat-file", "blob", attributes.split(" ")[2] ?? ""]);
    return { path, target: target.toString("utf8") };
  });
}

/** A private index: a killed git leaves no lock that stops the next one. */
async function stage(folder: string, commit: Revision, into: string): Promise<void> {
  const index = join(folder, `skein-index-${randomBytes(8).toString("hex")}`);
  const environment = { GIT_INDEX_FILE: index };
  try {
    await git(folder, ["read-tree", commit], { environment });
    await git(folder, [`--work-tree=${into}`, "checkout-index", "--all", "--force", "--quiet"], {
      environment,
    });
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
}
