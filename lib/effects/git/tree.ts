import type { Revision } from "../../schema/names.ts";
import { callGit, git, type GitCall } from "./run.ts";

/** A folder that is to hold the files of a commit. */
interface Tree {
  readonly commit: Revision;
  readonly into: string;
  /** A file that git may write, which says afterwards what lies there. Where it is there already, it says what lies there now. */
  readonly index: string;
  /** The commit whose files lie there now. Those of them that the other one lacks are removed. */
  readonly former?: Revision | undefined;
  /** The words that git is called through, where it is to be another user. */
  readonly through?: readonly string[];
}

/**
 * Makes a folder hold exactly the files of a commit, whatever became of those of the former one; files of neither stay.
 * What is right already is not written again.
 */
export async function layOut(
  { folder }: { readonly folder: string },
  { commit, into, index, former, through = [] }: Tree,
): Promise<void> {
  const call: GitCall = { environment: { GIT_INDEX_FILE: index }, through };
  const inTree = `--work-tree=${into}`;
  if (former !== undefined) {
    await git(folder, ["read-tree", former], call);
    // Its status says whether anything differs, which is no failure.
    await callGit(folder, [inTree, "update-index", "-q", "--really-refresh"], call);
  }
  await git(folder, [inTree, "read-tree", "--reset", "-u", commit], call);
}
