import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A repository of Subversion, and a working copy of it. */
export interface SvnRepository {
  readonly path: string;
  readonly url: string;
  /** The working copy. */
  readonly work: string;
  /** Calls `svn` in the working copy, as somebody. */
  readonly svn: (...args: string[]) => string;
  /** Writes files, adds what is new, and commits. */
  readonly commit: (files: Readonly<Record<string, string>>, message?: string) => void;
}

/** Makes a repository, `legacy`, and its working copy, `svn-work`, in a folder; with some folders in it, as its first revision. */
export function anSvnRepository(folder: string, ...folders: string[]): SvnRepository {
  const [path, work] = [join(folder, "legacy"), join(folder, "svn-work")];
  // Nothing of the machine that the tests run on decides what they see.
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, LC_ALL: "C.UTF-8" };
  const run = (program: string, args: readonly string[], cwd = folder) =>
    execFileSync(program, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  run("svnadmin", ["create", path]);
  const url = `file://${path}`;
  const as = ["--non-interactive", "--username", "kit"];
  if (folders.length > 0)
    run("svn", [
      "mkdir",
      "--quiet",
      ...as,
      "--parents",
      "-m",
      "begin",
      ...folders.map((each) => `${url}/${each}`),
    ]);
  run("svn", ["checkout", "--quiet", ...as, url, work]);
  const svn = (...args: string[]) => run("svn", [...args, ...as], work);
  return {
    path,
    url,
    work,
    svn,
    commit: (files, message = "change") => {
      for (const [name, contents] of Object.entries(files)) {
        mkdirSync(join(work, name, ".."), { recursive: true });
        writeFileSync(join(work, name), contents);
      }
      svn("add", "--quiet", "--force", ".");
      svn("commit", "--quiet", "-m", message);
      svn("update", "--quiet");
    },
  };
}
