import { chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import { diskCodeOf } from "./disk.ts";
import { exec } from "./exec.ts";
import { isRoot } from "./processes.ts";

/** Whoever writes into folders that people have: this process, or another user where it is root. Nothing it began outlives us. */
export interface Actor {
  readonly uid: number;
  /** What a program is called through. */
  readonly plain: readonly string[];
  /** What git is called through on what is ours. It may read besides what is ours alone, such as mirrors, and write nothing more. */
  readonly through: readonly string[];
  /** Runs a program to its end. @throws {Failure} COMMAND_FAILED with the end of what it said, or what the disk refuses */
  run(program: string, ...args: readonly string[]): Promise<void>;
  /** Does work with a folder that only the actor may enter, and removes it: below `own`, unless that is closed to the actor. */
  withFolder<Result>(own: string, work: (folder: string) => Promise<Result>): Promise<Result>;
}

const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" };
const DEADLINE = 300_000;

/** A program that we began must not go on writing beside the one that finishes its work. */
const DIES_WITH_US = ["setpriv", "--pdeathsig=KILL"];

/** What acts as the user of this process. */
export const ourselves: Actor = actor([...DIES_WITH_US, "--"], [...DIES_WITH_US, "--"]);

/**
 * What acts as a user, with the groups of that user and no right of ours.
 * @throws {Failure} CONFIG_INVALID where this process may not, or where there is no such user
 */
export async function actingAs(user: string): Promise<Actor> {
  if (!isRoot())
    throw new Failure("CONFIG_INVALID", `Cannot act as ${user}: only root may act as another user`);
  const [uid, gid] = await Promise.all([idOf(user, "-u"), idOf(user, "-g")]);
  const become = [...DIES_WITH_US, `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--no-new-privs"];
  const none = ["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--"];
  const one = (set: string) => `--${set}=-all,+dac_read_search`;
  const reading = [one("inh-caps"), one("ambient-caps"), one("bounding-set")];
  // Without it, the kernel asks access(2) as if the one right were not there.
  return actor([...become, ...none], [...become, ...reading, "--securebits=+no_setuid_fixup", "--"], {
    uid,
    gid,
  });
}

async function idOf(user: string, which: "-u" | "-g"): Promise<number> {
  const { code, stdout } = await exec("id", [which, "--", user], { env: ENVIRONMENT, timeout: DEADLINE });
  if (code === 0) return Number(stdout.toString("latin1").trim());
  throw new Failure("CONFIG_INVALID", `Cannot act as ${user}: there is no such user`);
}

/** What a process that was killed left there goes. */
async function makeAnew(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
}

function actor(
  words: readonly string[],
  through: readonly string[],
  owner?: { readonly uid: number; readonly gid: number },
): Actor {
  return {
    uid: owner?.uid ?? process.getuid?.() ?? 0,
    plain: words,
    through,
    run: async (program, ...args) => {
      const [first = "", ...rest] = [...words, program, ...args];
      const { code, stderr } = await exec(first, rest, { env: ENVIRONMENT, timeout: DEADLINE });
      if (code === 0) return;
      throw new Failure(diskCodeOf(stderr) ?? "COMMAND_FAILED", reasonOf(stderr || `${program}: ${code}`));
    },
    withFolder: async (own, work) => {
      const folder =
        owner === undefined ? join(own, "work") : await mkdtemp(join(tmpdir(), "skein-checkout-"));
      try {
        if (owner === undefined) await makeAnew(folder);
        if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
        return await work(folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
