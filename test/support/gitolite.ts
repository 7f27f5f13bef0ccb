import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A gitolite with an administrator, `ana`, who may push to everything. */
export interface Gitolite {
  readonly home: string;
  /** Calls git as somebody, who reaches gitolite as over SSH: `git@host:team/site`. */
  readonly git: (user: string, cwd: string, ...args: string[]) => { status: number; said: string };
  /** Adds lines to gitolite's configuration, and pushes it as an administrator does. */
  readonly configure: (lines: string) => string;
  /** Clones a repository, commits to it and pushes `main`; the id that was pushed. */
  readonly push: (user: string, repository: string, work: string) => string;
  readonly call: (...args: string[]) => string;
}

const RC = `%RC = (
    UMASK => 0077,
    LOCAL_CODE => "$ENV{HOME}/local",
    ROLES => { READERS => 1, WRITERS => 1 },
    ENABLE => [ 'help', 'repo-specific-hooks' ],
);
1;
`;

/** Sets gitolite up in a folder. No SSH server is needed: what it would run is run. */
export function aGitolite(folder: string): Gitolite {
  const home = join(folder, "git");
  mkdirSync(join(home, "local", "hooks", "repo-specific"), { recursive: true });
  mkdirSync(join(home, "local", "hooks", "common"), { recursive: true });
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "ana")]);
  writeFileSync(join(home, ".gitolite.rc"), RC);
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: home, LC_ALL: "C.UTF-8" };
  const call = (...args: string[]) =>
    execFileSync("gitolite", args, { env, cwd: home, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  call("setup", "-pk", join(folder, "ana.pub"));
  const ssh = join(folder, "ssh");
  writeFileSync(
    ssh,
    `#!/bin/sh\nshift\nexec env -i PATH="$PATH" HOME='${home}' SSH_CONNECTION='x 1 y 2' SSH_ORIGINAL_COMMAND="$*" \\\n` +
      `  /usr/share/gitolite3/gitolite-shell "$GITOLITE_AS"\n`,
  );
  chmodSync(ssh, 0o755);
  const git: Gitolite["git"] = (user, cwd, ...args) => {
    const { status, stdout, stderr } = spawnSync("git", args, {
      cwd,
      encoding: "utf8",
      env: {
        ...env,
        HOME: folder,
        GIT_SSH: ssh,
        GIT_SSH_VARIANT: "simple",
        GITOLITE_AS: user,
        GIT_AUTHOR_NAME: "A",
        GIT_AUTHOR_EMAIL: "a@example.com",
        GIT_COMMITTER_NAME: "A",
        GIT_COMMITTER_EMAIL: "a@example.com",
      },
    });
    return { status: status ?? 1, said: `${stdout}${stderr}` };
  };
  const insist = (user: string, cwd: string, ...args: string[]) => {
    const { status, said } = git(user, cwd, ...args);
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${said}`);
    return said;
  };
  const admin = join(folder, "gitolite-admin");
  insist("ana", folder, "clone", "--quiet", "git@host:gitolite-admin", admin);
  return {
    home,
    git,
    call,
    configure: (lines) => {
      appendFileSync(join(admin, "conf", "gitolite.conf"), lines);
      insist("ana", admin, "commit", "--quiet", "--all", "--message", "configure");
      return insist("ana", admin, "push", "--quiet", "origin", "HEAD");
    },
    push: (user, repository, work) => {
      insist(user, folder, "clone", "--quiet", `git@host:${repository}`, work);
      insist(user, work, "checkout", "--quiet", "-B", "main");
      // Told from one of another clone in the same second by its message.
      insist(user, work, "commit", "--quiet", "--allow-empty", "--message", `change in ${work}`);
      insist(user, work, "push", "--quiet", "--force", "origin", "main");
      return readFileSync(join(work, ".git", "refs", "heads", "main"), "utf8").trim();
    },
  };
}
