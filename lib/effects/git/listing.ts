import { Failure } from "../../failure.ts";
import { breather } from "../../pace/breather.ts";
import type { Revision } from "../../schema/names.ts";
import { type BytePath, readable } from "../trees/bytes.ts";
import { callGit, failureOf, git } from "./run.ts";

/** A file of a commit: a regular one, a link, or the place of a submodule. */
export interface TreeFile {
  readonly path: BytePath;
  readonly mode: GitMode;
  readonly id: string;
  /** Of its contents, as git has them. */
  readonly size: number;
  /** What it holds, where that was read already, because it is little. */
  readonly contents?: Buffer;
}

export type GitMode = "100644" | "100755" | "120000" | "160000";

/** What became of a path from one commit to another; `mode` is left out where it is gone, and its size is 0 then. */
export interface Change extends Omit<TreeFile, "mode"> {
  readonly mode?: GitMode;
}

const LINK: GitMode = "120000";
const SUBMODULE: GitMode = "160000";

export const isLink = ({ mode }: Pick<TreeFile, "mode">): boolean => mode === LINK;
export const isSubmodule = ({ mode }: Pick<TreeFile, "mode">): boolean => mode === SUBMODULE;

/** What git lists is read up to here; whoever pushes decides how much there is. */
const MOST = 256 * 1024 * 1024;

/** Every file of a commit. */
export async function filesIn(folder: string, commit: Revision): Promise<readonly TreeFile[]> {
  const fields = await listed(folder, ["ls-tree", "-r", "-l", "-z", "--full-tree", commit]);
  const files: TreeFile[] = [];
  const rest = breather();
  for (const line of fields) {
    const tab = line.indexOf("\t");
    const [mode = "", , id = "", size] = line.slice(0, tab).split(/ +/);
    files.push({ path: pathOf(line.slice(tab + 1)), mode: modeOf(mode), id, size: Number(size) || 0 });
    await rest();
  }
  return files;
}

/** What differs between two commits. Git itself skips whatever is the same in both without reading it. */
export async function changesBetween(
  folder: string,
  former: Revision,
  commit: Revision,
): Promise<readonly Change[]> {
  if (former === commit) return [];
  const changing = rawChanges(folder, former, commit);
  // Git looks into objects in a process that starts while another is still finding out into which.
  const ids = changing.then((changes) => changes.filter(isWritten).map(({ id }) => id));
  const [changes, objects] = await Promise.all([changing, lookedInto(folder, ids)]);
  const known = objects.values();
  return changes.map((each) => ({ size: 0, ...each, ...(isWritten(each) ? known.next().value : undefined) }));
}

type RawChange = Omit<Change, "size" | "contents">;

/** Whether a path has contents of its own in the later commit. */
const isWritten = ({ mode }: RawChange): boolean => mode !== undefined && !isSubmodule({ mode });

async function rawChanges(folder: string, former: Revision, commit: Revision): Promise<readonly RawChange[]> {
  const options = ["-r", "-z", "--raw", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const fields = await listed(folder, ["diff-tree", ...options, former, commit, "--"]);
  const changes: RawChange[] = [];
  const rest = breather();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode = "", , id = ""] = (fields[at] ?? "").split(" ");
    const path = pathOf(fields[at + 1] ?? "");
    changes.push(/^0+$/.test(mode) ? { path, id } : { path, mode: modeOf(mode), id });
    await rest();
  }
  return changes;
}

/** The contents of objects, in order. They must be small: all of them are held at once. */
export async function contentsOf(folder: string, ids: readonly string[]): Promise<readonly Buffer[]> {
  if (ids.length === 0) return [];
  const printed = await git(folder, ["cat-file", "--batch"], { input: linesOf(ids), most: MOST });
  const contents = blobsIn(printed, folder);
  if (contents.length === ids.length) return contents;
  throw new Failure("TREE_LIMIT", `Cannot read ${ids.length} objects at once: they are too large`);
}

const linesOf = (ids: readonly string[]): string => ids.map((id) => `${id}\n`).join("");

/** What `git cat-file --batch` printed; the last one may be cut. */
function blobsIn(printed: Buffer, folder: string): readonly Buffer[] {
  const contents: Buffer[] = [];
  for (let at = 0; at < printed.length;) {
    const end = printed.indexOf(10, at);
    const size = sizeIn(printed.toString("latin1", at, end), folder);
    contents.push(printed.subarray(end + 1, end + 1 + size));
    at = end + 2 + size;
  }
  return contents;
}

/** Contents that are read along with their sizes: few of them, and little in all. */
const FEW = { objects: 100, bytes: 1024 * 1024 };

/** How large objects are, in order, and what they hold where that is little. */
async function lookedInto(
  folder: string,
  ids: Promise<readonly string[]>,
): Promise<readonly Pick<TreeFile, "size" | "contents">[]> {
  const enough = new AbortController();
  let bytes = 0;
  const [all, { code, stdout, stderr }] = await Promise.all([
    ids,
    callGit(folder, ["cat-file", "--batch"], {
      input: ids.then((known) => (known.length > FEW.objects ? "" : linesOf(known))),
      signal: enough.signal,
      // Whoever pushes decides how much there is: where it is not little, git is to stop.
      onOutput: (chunk) => {
        bytes += chunk.length;
        if (bytes > FEW.bytes) enough.abort();
      },
    }),
  ]);
  if (all.length > FEW.objects || enough.signal.aborted)
    return (await sizesOf(folder, all)).map((size) => ({ size }));
  if (code !== 0) throw failureOf(`git cat-file in ${folder}`, stderr);
  return blobsIn(stdout, folder).map((contents) => ({ size: contents.length, contents }));
}

/** The sizes of objects, in order. */
async function sizesOf(folder: string, ids: readonly string[]): Promise<readonly number[]> {
  const printed = await git(folder, ["cat-file", "--batch-check"], { input: linesOf(ids) });
  return printed
    .toString("latin1")
    .split("\n")
    .slice(0, -1)
    .map((line) => sizeIn(line, folder));
}

function sizeIn(line: string, folder: string): number {
  const size = / blob (\d+)$/.exec(line)?.[1];
  if (size !== undefined) return Number(size);
  throw new Failure("GIT_FAILED", `Cannot read from ${folder}: missing blob object: ${line}`);
}

async function listed(folder: string, args: readonly string[]): Promise<readonly string[]> {
  const printed = await git(folder, args, { most: MOST });
  if (printed.length < MOST) return printed.toString("latin1").split("\0").slice(0, -1);
  throw new Failure("TREE_LIMIT", `Cannot list the files of a revision: they are too many for ${MOST} bytes`);
}

/** A part of a path that git itself writes nowhere: `..` and the like, and `.git` in any case. */
const FORBIDDEN = /(?:^|\/)(?:\.{0,2}|\.git)(?:\/|$)/i;

/**
 * A path of a tree. Mirrors refuse objects that hold others, but trees can be made by hand in any repository.
 * @throws {Failure} TREE_PATH
 */
function pathOf(path: BytePath): BytePath {
  if (!FORBIDDEN.test(path)) return path;
  throw new Failure(
    "TREE_PATH",
    `Cannot build a release: the revision holds the path ${readable(path).slice(0, 200)}`,
  );
}

function modeOf(mode: string): GitMode {
  switch (mode) {
    case "100755":
    case LINK:
    case SUBMODULE:
      return mode;
    default:
      // Old repositories hold 100664 and the like: git writes those as files that cannot be run.
      return Number.parseInt(mode, 8) & 0o100 ? "100755" : "100644";
  }
}
