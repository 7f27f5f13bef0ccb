import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type SimpleGit, simpleGit } from "simple-git";
import { revision, type Revision } from "../../lib/schema/names.ts";

/** A repository that people push to, and a work tree that pushes to it. */
export interface Repository {
  /** The bare repository. */
  readonly path: string;
  /** The work tree, whose remote `origin` it is. */
  readonly work: string;
  readonly git: SimpleGit;
  /** Commits files to the branch that is checked out; with none, an empty commit. */
  readonly commit: (files?: Readonly<Record<string, string>>, message?: string) => Promise<Revision>;
  /** Commits, and pushes the branch that is checked out. */
  readonly push: (files?: Readonly<Record<string, string>>, message?: string) => Promise<Revision>;
}

/** Makes an empty repository, `shop.git`, and its work tree, `work`, in a folder. */
export async function aRepository(folder: string): Promise<Repository> {
  const path = join(folder, "shop.git");
  const work = join(folder, "work");
  for (const each of [path, work]) mkdirSync(each, { recursive: true });
  // Nothing of the machine that the tests run on decides what they see.
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, USER: "zoë" };
  await simpleGit(path).env(env).init(true, ["--initial-branch=main"]);
  const git = simpleGit(work).env(env);
  await git.init(false, ["--initial-branch=main"]);
  await git.addConfig("user.name", "Zoë Ågren").addConfig("user.email", "zoe@example.com");
  await git.addRemote("origin", path);
  const commit: Repository["commit"] = async (files = {}, text = "change") => {
    for (const [name, contents] of Object.entries(files)) {
      mkdirSync(dirname(join(work, name)), { recursive: true });
      writeFileSync(join(work, name), contents);
    }
    await git.add(".").commit(text, undefined, { "--allow-empty": null });
    return revision.parse(await git.revparse(["HEAD"]));
  };
  const push: Repository["push"] = async (files, text) => {
    const pushed = await commit(files, text);
    await git.push("origin", "HEAD");
    return pushed;
  };
  return { path, work, git, commit, push };
}
