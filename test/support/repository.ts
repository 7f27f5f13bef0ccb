import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { revision, type Revision } from "../../lib/schema/names.ts";

/** A repository that people push to, and a developer's clone of it: both real. */
export interface Repository {
  /** The bare repository. */
  readonly central: string;
  readonly work: string;
  /** Runs git in the clone, and answers what it printed. */
  readonly git: (...args: readonly string[]) => string;
  /** Runs git in the bare repository. */
  readonly gitCentral: (...args: readonly string[]) => string;
  /** Commits these files on the branch that is checked out; the message is the last argument of `git commit`. */
  readonly commit: (files?: Readonly<Record<string, string>>, message?: string) => Revision;
  /** Commits, and pushes to `main`. */
  readonly push: (files?: Readonly<Record<string, string>>, message?: string) => Revision;
}

const AUTHOR = { name: "Zoë Ågren", email: "zoe@example.com" };

/** Builds a repository in a folder: empty, with hooks as git runs them. */
export function aRepository(folder: string): Repository {
  const central = join(folder, "shop.git");
  const work = join(folder, "work");
  const run =
    (cwd: string) =>
    (...args: readonly string[]) =>
      execFileSync("git", args, {
        cwd,
        encoding: "utf8",
        env: environment(folder),
        stdio: ["ignore", "pipe", "pipe"],
      }).trim();
  mkdirSync(work, { recursive: true });
  run(folder)("init", "--quiet", "--bare", "--initial-branch=main", central);
  const git = run(work);
  git("init", "--quiet", "--initial-branch=main");
  git("remote", "add", "origin", central);
  const commit: Repository["commit"] = (files = {}, message = "change") => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), text);
    }
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", "--message", message);
    return revision.parse(git("rev-parse", "HEAD"));
  };
  const push: Repository["push"] = (files, message) => {
    const pushed = commit(files, message);
    git("push", "--quiet", "origin", "main");
    return pushed;
  };
  return { central, work, git, gitCentral: run(central), commit, push };
}

/** Nothing of the machine that the tests run on decides what they see. */
const environment = (home: string): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  HOME: home,
  USER: "zoë",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: AUTHOR.name,
  GIT_AUTHOR_EMAIL: AUTHOR.email,
  GIT_COMMITTER_NAME: AUTHOR.name,
  GIT_COMMITTER_EMAIL: AUTHOR.email,
});
