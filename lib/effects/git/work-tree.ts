import { type RefName, revision, type Revision } from "../../schema/names.ts";
import { callGit, git } from "./run.ts";
import type { Git } from "./repository.ts";

/** A work tree whose files are right, and the repository in it, which belongs to whoever acts. */
interface WorkTree {
  readonly folder: string;
  readonly repository: string;
  readonly ref: RefName;
  readonly commit: Revision;
  /** The words that git is called through on that repository: its configuration may name programs, which must have no right of ours. */
  readonly through: readonly string[];
}

/** What of a history fits into memory on its way. */
const MOST_PACK = 512 * 1024 * 1024;

/** Has the repository of a work tree say what lies there: its branch leads to the commit, and `git status` has nothing to tell. */
export async function moveHead(
  mirror: Pick<Git, "folder" | "has">,
  { folder, repository, ref, commit, through }: WorkTree,
): Promise<void> {
  const call = { through };
  await hand(mirror, repository, commit, through);
  await git(repository, ["update-ref", "--no-deref", ref, commit], call);
  await git(repository, ["symbolic-ref", "HEAD", ref], call);
  await git(repository, ["read-tree", commit], call);
  // Its status says whether anything differs, which is no failure.
  await callGit(repository, [`--work-tree=${folder}`, "update-index", "-q", "--refresh"], call);
}

/** Hands over the objects that a repository lacks. We read the mirror, and whoever acts writes: neither needs the right of the other. */
async function hand(
  mirror: Pick<Git, "folder" | "has">,
  repository: string,
  commit: Revision,
  through: readonly string[],
): Promise<void> {
  const known = async (name: string) => {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
    const { stdout } = await callGit(repository, args, { through });
    return revision.safeParse(stdout.toString("latin1").trim()).data;
  };
  if ((await known(commit)) === commit) return;
  const head = await known("HEAD");
  const has = head !== undefined && (await mirror.has(head)) ? `^${head}\n` : "";
  const pack = await git(mirror.folder, ["pack-objects", "--revs", "--thin", "--stdout", "--quiet"], {
    input: `${commit}\n${has}`,
    most: MOST_PACK,
  });
  await git(repository, ["index-pack", "--stdin", "--fix-thin"], { input: pack, through });
}
