import { Failure, reasonOf } from "../../failure.ts";
import { diskCodeOf } from "../disk.ts";
import { exec, type Executed, type Input } from "../exec.ts";

/** What a call of git may be given beside its arguments. */
export interface GitCall {
  /** Whether git may reach repositories by their path. Only where the configuration names one. */
  readonly localFiles?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly most?: number;
  readonly input?: Input | Promise<Input>;
  /** Ends git, which is no failure then. */
  readonly signal?: AbortSignal;
  readonly onOutput?: (chunk: Buffer) => void;
  /** Words that git is called through, such as those that make it another user. */
  readonly through?: readonly string[];
}

/** Nothing of a repository's own configuration, and no hook of it, may run a program. */
const SAFE = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "protocol.ext.allow=never",
  "core.symlinks=true",
  "core.quotePath=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "fetch.fsckObjects=true",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
  "http.followRedirects=initial",
  "log.showSignature=false",
  "log.mailmap=false",
  "i18n.logOutputEncoding=UTF-8",
].flatMap((setting) => ["-c", setting]);

/** The whole environment of git: nothing is inherited, so that no variable of ours reaches it. */
const ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "/bin/false",
  SSH_ASKPASS: "/bin/false",
  GIT_PROTOCOL_FROM_USER: "0",
  GIT_OPTIONAL_LOCKS: "0",
  // What a commit holds is what its id says: nothing stands in for it, and nothing that lacks is fetched from elsewhere.
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_NO_LAZY_FETCH: "1",
  GIT_SSH_COMMAND: "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oConnectTimeout=10",
};

const DEADLINE = 300_000;

/** A program with its arguments and its whole environment. */
export interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How git is called on a repository: fixed settings, an environment of our own, no shell. */
export function gitProgram(folder: string, args: readonly string[], call: GitCall = {}): Program {
  const [program = "git", ...words] = [...(call.through ?? []), "git", ...SAFE];
  return {
    program,
    args: [...words, `--git-dir=${folder}`, ...args],
    env: {
      ...ENVIRONMENT,
      GIT_ALLOW_PROTOCOL: call.localFiles === true ? "https:ssh:file" : "https:ssh",
      ...call.environment,
    },
  };
}

/**
 * Calls git on a repository, and waits for its end, whatever that is.
 * @throws {Failure} COMMAND_TIMEOUT
 */
export async function callGit(
  folder: string,
  args: readonly string[],
  call: GitCall = {},
): Promise<Executed> {
  const { program, args: all, env } = gitProgram(folder, args, call);
  const result = await exec(program, all, {
    env,
    timeout: call.timeout ?? DEADLINE,
    ...(call.most === undefined ? {} : { most: call.most }),
    ...(call.input === undefined ? {} : { input: call.input }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(call.onOutput === undefined ? {} : { onOutput: call.onOutput }),
  });
  if (result.outcome !== "timed out") return result;
  throw new Failure("COMMAND_TIMEOUT", `Cannot finish git ${args[0]} in ${folder}: it ran too long`, {
    transient: true,
  });
}

/**
 * Calls git and insists that it succeeds.
 * @throws {Failure} GIT_FAILED with the end of what git said, or what the disk refuses
 */
export async function git(folder: string, args: readonly string[], call: GitCall = {}): Promise<Buffer> {
  const { code, stdout, stderr } = await callGit(folder, args, call);
  if (code === 0) return stdout;
  throw failureOf(`git ${args[0]} in ${folder}`, stderr === "" ? `exit status ${code}` : stderr);
}

/** What a failed call of git was about: what a disk refuses has a code of its own. */
export function failureOf(what: string, said: unknown): Failure {
  const reason = reasonOf(said).slice(-1_000);
  return new Failure(diskCodeOf(reason) ?? "GIT_FAILED", `Cannot finish ${what}: ${reason}`);
}
