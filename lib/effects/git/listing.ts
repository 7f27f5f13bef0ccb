import { Failure } from "../../failure.ts";
import { breather } from "../../pace/breather.ts";
import type { Revision } from "../../schema/names.ts";
import type { BytePath } from "../trees/bytes.ts";
import { git } from "./run.ts";

/** A file of a commit: a regular one, a link, or the place of a submodule. */
export interface TreeFile {
  readonly path: BytePath;
  readonly mode: GitMode;
  readonly id: string;
  /** Of its contents, as git has them. */
  readonly size: number;
}

export type GitMode = "100644" | "100755" | "120000" | "160000";

/** What became of a path from one commit to another; `mode` is left out where it is gone. */
export interface Change {
  readonly path: BytePath;
  readonly mode?: GitMode;
  readonly id: string;
  /** Of its contents; 0 where it has none here. */
  readonly size: number;
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
    files.push({ path: line.slice(tab + 1), mode: modeOf(mode), id, size: Number(size) || 0 });
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
  // Git looks sizes up in a process that starts while another is still finding out whose.
  const ids = changing.then((changes) => changes.filter(isWritten).map(({ id }) => id));
  const [changes, sizes] = await Promise.all([changing, sizesOf(folder, ids)]);
  const known = sizes.values();
  return changes.map((each) => ({ ...each, size: (isWritten(each) ? known.next().value : undefined) ?? 0 }));
}

type RawChange = Omit<Change, "size">;

/** Whether a path has contents of its own in the later commit. */
const isWritten = ({ mode }: RawChange): boolean => mode !== undefined && !isSubmodule({ mode });

async function rawChanges(folder: string, former: Revision, commit: Revision): Promise<readonly RawChange[]> {
  const options = ["-r", "-z", "--raw", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const fields = await listed(folder, ["diff-tree", ...options, former, commit, "--"]);
  const changes: RawChange[] = [];
  const rest = breather();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode = "", , id = ""] = (fields[at] ?? "").split(" ");
    const path = fields[at + 1] ?? "";
    changes.push(/^0+$/.test(mode) ? { path, id } : { path, mode: modeOf(mode), id });
    await rest();
  }
  return changes;
}

/** The contents of objects, in order. They must be small: all of them are held at once. */
export async function contentsOf(folder: string, ids: readonly string[]): Promise<readonly Buffer[]> {
  if (ids.length === 0) return [];
  const printed = await git(folder, ["cat-file", "--batch"], { input: `${ids.join("\n")}\n`, most: MOST });
  const contents: Buffer[] = [];
  for (let at = 0; at < printed.length;) {
    const end = printed.indexOf(10, at);
    const size = sizeIn(printed.toString("latin1", at, end), folder);
    contents.push(printed.subarray(end + 1, end + 1 + size));
    at = end + 2 + size;
  }
  if (contents.length === ids.length) return contents;
  throw new Failure("TREE_LIMIT", `Cannot read ${ids.length} objects at once: they are too large`);
}

/** The sizes of objects, in order. */
async function sizesOf(folder: string, ids: Promise<readonly string[]>): Promise<readonly number[]> {
  const input = ids.then((known) => known.map((id) => `${id}\n`).join(""));
  const printed = await git(folder, ["cat-file", "--batch-check"], { input });
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
