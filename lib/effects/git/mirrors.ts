import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure, reasonOf } from "../../failure.ts";
import {
  NO_REVISION,
  type RefName,
  type RepositoryName,
  revision,
  type Revision,
} from "../../schema/names.ts";
import { diskCodeOf } from "../disk.ts";
import { hasCode, keepAs, kindOf, makeFolder } from "../files.ts";
import { defaultBranchOf, fetchRefs } from "./fetch.ts";
import { type Git, gitOn, type RefAt } from "./repository.ts";
import { git } from "./run.ts";

/** One ref of a mirror that a fetch moved. */
export interface RefChange {
  readonly ref: string;
  readonly before: Revision;
  readonly after: Revision;
}

/** Local bare copies of repositories, kept fresh. */
export interface Mirrors {
  /** The mirror of a repository; empty before the first fetch. */
  of(repository: RepositoryName): Git;
  /**
   * Brings a mirror up to date, and says what changed. Fetches of one repository wait for each other.
   * @throws {Failure} REPOSITORY_UNKNOWN, or MIRROR_UNREACHABLE, which may pass
   */
  fetch(repository: RepositoryName): Promise<readonly RefChange[]>;
  /**
   * Fetches all of a mirror anew, in the place of one that is damaged: which stays until that is done.
   * @throws {Failure} REPOSITORY_UNKNOWN, or MIRROR_UNREACHABLE, which may pass
   */
  renew(repository: RepositoryName): Promise<void>;
  /** The branches and tags of a mirror, as `Git.refs`, but not while a fetch of this process changes them. */
  refs(repository: RepositoryName): Promise<readonly RefAt[]>;
  /**
   * The branch that a clone would check out, as the repository says now; undefined where it has none.
   * @throws {Failure} REPOSITORY_UNKNOWN, or MIRROR_UNREACHABLE, which may pass
   */
  defaultBranch(repository: RepositoryName): Promise<RefName | undefined>;
}

const PLACES = { heads: "refs/skein/heads/", tags: "refs/skein/tags/" };

/** A mirror's configuration is ours alone: no remote, so that nothing in it says what a fetch runs. */
const CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tlogallrefupdates = false\n";

/** What is under way on each mirror, whoever of this process asked for it: two fetches at once would stumble over git's locks. */
const running = new Map<string, Promise<unknown>>();

function inLine<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const before = running.get(path) ?? Promise.resolve();
  const run = before.catch(() => undefined).then(work);
  running.set(path, run);
  return run.finally(() => {
    if (running.get(path) === run) running.delete(path);
  });
}

/** The mirrors in a folder, of the repositories of a configuration. */
export function openMirrors(
  folder: string,
  repositories: Readonly<Record<string, { readonly url: string }>>,
): Mirrors {
  const pathOf = (repository: RepositoryName) => join(folder, `${repository}.git`);
  /** What was there when it was last told what changed. Another process may fetch in between: its changes are told as well. */
  const told = new Map<RepositoryName, Heads>();
  const urlOf = (repository: RepositoryName) => {
    const configured = Object.hasOwn(repositories, repository) ? repositories[repository] : undefined;
    if (configured !== undefined) return configured.url;
    throw new Failure(
      "REPOSITORY_UNKNOWN",
      `Cannot fetch ${repository}: no repository of that name is configured`,
    );
  };
  const fetchInto = async (repository: RepositoryName, url: string) => {
    const path = pathOf(repository);
    // Of a mirror that cannot be read nothing was told: it is made anew.
    const before = told.get(repository) ?? (await headsOf(path).catch(() => new Map()));
    const after = await refresh(path, url);
    told.set(repository, after);
    return changesBetween(before, after);
  };
  return {
    of: (repository) => gitOn(pathOf(repository), PLACES),
    fetch: async (repository) => {
      const url = urlOf(repository);
      return inLine(pathOf(repository), () => fetchInto(repository, url)).catch((cause: unknown) => {
        throw unreachable(repository, cause);
      });
    },
    renew: async (repository) => {
      const url = urlOf(repository);
      return inLine(pathOf(repository), () => renew(pathOf(repository), url)).catch((cause: unknown) => {
        throw unreachable(repository, cause);
      });
    },
    refs: (repository) => inLine(pathOf(repository), () => gitOn(pathOf(repository), PLACES).refs()),
    defaultBranch: async (repository) => {
      const url = urlOf(repository);
      return defaultBranchOf(pathOf(repository), url).catch((cause: unknown) => {
        throw unreachable(repository, cause);
      });
    },
  };
}

const unreachable = (repository: RepositoryName, cause: unknown): Failure =>
  new Failure("MIRROR_UNREACHABLE", `Cannot fetch ${repository}: ${reasonOf(cause)}`, {
    cause,
    transient: true,
  });

async function refresh(folder: string, url: string): Promise<Heads> {
  try {
    await prepare(folder);
    await fetchRefs(folder, url);
    return await headsOf(folder);
  } catch (error) {
    if (!isDamage(error)) throw error;
    await renew(folder, url);
    return headsOf(folder);
  }
}

async function renew(folder: string, url: string): Promise<void> {
  const [fresh, damaged] = [`${folder}.new`, `${folder}.damaged`];
  const clear = () => Promise.all([fresh, damaged].map((each) => rm(each, { recursive: true, force: true })));
  await clear();
  try {
    await prepare(fresh);
    await fetchRefs(fresh, url);
    await rename(folder, damaged).catch((error: unknown) => {
      if (!hasCode(error, "ENOENT")) throw error;
    });
    await rename(fresh, folder);
  } finally {
    await clear();
  }
}

function changesBetween(before: Heads, after: Heads): readonly RefChange[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((ref) => {
    const [from, to] = [before.get(ref) ?? NO_REVISION, after.get(ref) ?? NO_REVISION];
    return from === to ? [] : [{ ref: ref.replace("refs/skein/", "refs/"), before: from, after: to }];
  });
}

/** What git says where it cannot read its own files. */
const DAMAGE = [
  /object file .* is empty/,
  /(loose|packed) object .* is corrupt/,
  /not a git repository/,
  /bad (packed )?object/,
  /(packfile|pack|index file) .* (cannot be accessed|cannot be mapped|is too small|is corrupt|does not match index|not a GIT packfile)/,
  /(unable|failed|cannot|could not) to? ?(read|unpack|parse|get) (sha1 file|object|tree|commit|blob)/,
  /(unable|failed) to (read|unpack) .*[0-9a-f]{40}/,
  /inflate: data stream error/,
  /(hash|sha1|object) mismatch/,
  /missing (blob|tree|commit)( object)?/,
  /not a (valid|tree) object|not a valid object name/,
  /[0-9a-f]{40}.* (is missing|missing$)/m,
];

/** Whether a mirror may be damaged: then it is thrown away and made anew, for all that is in it can be fetched again. */
export const isDamage = (error: unknown): boolean =>
  diskCodeOf(error) === undefined && DAMAGE.some((each) => each.test(reasonOf(error)));

async function prepare(folder: string): Promise<void> {
  if ((await kindOf(join(folder, "HEAD"))) === undefined) {
    await makeFolder(dirname(folder));
    await git(folder, ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", folder]);
  }
  await keepAs(join(folder, "config"), CONFIG);
}

type Heads = ReadonlyMap<string, Revision>;

async function headsOf(folder: string): Promise<Heads> {
  const printed = (
    await git(folder, ["for-each-ref", "--format=%(refname) %(objectname)", "refs/skein/"])
  ).toString("utf8");
  const pairs = printed.split("\n").map((line) => line.split(" "));
  return new Map(
    pairs.flatMap(([ref = "", id]) => {
      const known = revision.safeParse(id);
      return known.success ? [[ref, known.data] as const] : [];
    }),
  );
}
