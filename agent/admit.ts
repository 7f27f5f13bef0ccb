import { commitsOf, type MadeOf } from "../lib/config/made-of.ts";
import type { Mirrors } from "../lib/effects/git.ts";
import { Failure } from "../lib/failure.ts";
import type { CommandId, RefName } from "../lib/schema/names.ts";
import { admit, type HostFacts } from "../lib/security/admission.ts";
import { type Command, isAuthorisation } from "../lib/security/command.ts";
import { refsOf, revisionOf } from "../lib/security/release.ts";
import type { Accepted } from "../lib/security/verify.ts";
import type { Here } from "./desk.ts";
import { type Engine, holderOf } from "./engine.ts";
import { livesOf } from "./state.ts";
import type { Carried } from "./work.ts";

/** The rollout that a command is about. */
export const rolloutOf = (command: Command): CommandId =>
  isAuthorisation(command) ? command.id : command.rollout;

/**
 * Puts the questions to a command that only this host can answer.
 * @throws {Failure} E_POLICY, E_LOCKED, E_PRECONDITION, E_REF, CURRENT_NOT_LINK or MIRROR_UNREACHABLE, or RELEASE_MISFIT
 */
export async function admitHere(
  accepted: Accepted,
  carried: Carried,
  engine: Engine,
  { deps: { trust, mirrors }, now }: Here,
): Promise<void> {
  const { command } = accepted;
  const facts: HostFacts = {
    host: carried.host,
    policy: trust.current().policy,
    lockHolder: async () => holderOf(engine, rolloutOf(command), now()),
    live: async () => (await livesOf(carried.layout))[0]?.revision ?? null,
    sources: async (release) => {
      const commits = commitsOf(carried.name, carried.app, release);
      // What is in no repository is reachable by its name alone; that it is what was signed, its digest says.
      if (commits.length === 0) return [{ revision: revisionOf(release), refs: refsOf(release) }];
      return Promise.all(
        commits.map(async (each) => ({ revision: each.commit, refs: await refsWith(each, mirrors) })),
      );
    },
  };
  await admit(accepted, facts);
}

/** The refs that hold a commit. The server is asked only where the mirror does not know the commit by the ref that was named. */
async function refsWith({ repository, commit, ref }: MadeOf, mirrors: Mirrors): Promise<readonly RefName[]> {
  const git = mirrors.of(repository);
  const known = await git.refsContaining(commit);
  if (known.includes(ref)) return known;
  try {
    await mirrors.fetch(repository);
  } catch (error) {
    // A deploy of what the mirror has never depends on the server.
    if (known.length > 0) return known;
    throw error;
  }
  if (await git.has(commit)) return git.refsContaining(commit);
  throw new Failure("E_REF", `Cannot accept the command: the repository has no commit ${commit}`);
}
