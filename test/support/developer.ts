import { execFileSync, spawnSync } from "node:child_process";
import type { Revision } from "../../lib/schema/names.ts";
import { anOrigin, type File, type Origin } from "../agent/support/origin.ts";

type Files = Readonly<Record<string, File | undefined>>;

/** A developer with a clone, and the central repository that it is pushed to. */
export interface Developer {
  /** Runs git in the clone. */
  readonly git: (...words: string[]) => string;
  readonly commit: Origin["commit"];
  /** Pushes to the central repository, and gives what git says to the developer. */
  readonly push: (...words: string[]) => string;
  /** Commits, and pushes that to `main`. */
  readonly pushed: (files: Files) => Revision;
}

interface Places {
  readonly central: string;
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Makes both repositories, with these files in the first commit. Nothing is pushed yet. */
export function aDeveloper({ central, work, env }: Places, files: Files): Developer {
  const { commit } = anOrigin(work);
  const inClone = { cwd: work, env, encoding: "utf8" } as const;
  const git = (...words: string[]) =>
    execFileSync("git", words, { ...inClone, stdio: ["ignore", "pipe", "pipe"] }).trim();
  const push = (...words: string[]) => {
    const { status, stderr } = spawnSync("git", ["push", "--quiet", "origin", ...words], inClone);
    if (status !== 0) throw new Error(`git push ${words.join(" ")} ended with ${status}: ${stderr}`);
    return stderr;
  };
  git("init", "--quiet", "--bare", "--initial-branch=main", central);
  git("remote", "add", "origin", central);
  git("config", "user.name", "Dana Developer");
  git("config", "user.email", "dana@example.com");
  commit(files);
  return {
    git,
    commit,
    push,
    pushed: (changed) => {
      const revision = commit(changed);
      push("--force", "HEAD:main");
      return revision;
    },
  };
}
