import { join } from "node:path";
import type { Actor } from "../../lib/effects/acting.ts";
import { kindOf } from "../../lib/effects/files.ts";
import { namesIn, ownerOf } from "../../lib/effects/folders.ts";
import { type Git, layOut, moveHead } from "../../lib/effects/git.ts";
import type { Records } from "../../lib/effects/records.ts";
import { Failure } from "../../lib/failure.ts";
import type { RefName, Revision } from "../../lib/schema/names.ts";
import type { CheckoutConfig } from "./config.ts";
import { ONLY, type Place, type Wish } from "./places.ts";

/** What a place is changed with. */
export interface Tools {
  readonly name: string;
  readonly config: CheckoutConfig;
  readonly target: string;
  readonly git: Git;
  readonly actor: Actor;
  readonly places: Records<Place>;
  /** What we keep of it, where nobody else may look. */
  readonly own: string;
  /** @throws {Failure} TREE_SYMLINK where a revision must not be checked out */
  readonly inspect: (revision: Revision) => Promise<void>;
  /** Whether what should lie there is looked at, or taken for granted. */
  readonly verify: boolean;
}

/**
 * Brings the files of a work tree to a revision, where they are. What others put there stays; of what the former revision had,
 * nothing does. Answers whether there was anything to do.
 */
export async function updateInPlace({ ref, revision }: Wish, tools: Tools): Promise<boolean> {
  const { places, target, git, actor, verify, inspect } = tools;
  const known = places.all.get(ONLY);
  const ours = known?.target === target ? known : undefined;
  await requireFolder(tools, ours !== undefined);
  if (ours?.pending === undefined && ours?.revision === revision && !verify) return false;
  const bring = (to: Revision, from: Revision | undefined) => lay(ref, to, from, tools);
  const note = (now: Pick<Place, "revision" | "pending">) => places.put(ONLY, { ref, target, ...now });
  // The data first: a record of files that a power cut took would be believed.
  const finish = async (to: Revision) => {
    await actor.run("sync", "-f", "--", target);
    await note({ revision: to });
  };
  let former = ours?.revision;
  // What a killed update began is finished before the next one: only then is it known what lies there.
  if (ours?.pending !== undefined && ours.pending !== revision && (await git.has(ours.pending))) {
    await bring(ours.pending, former);
    await finish(ours.pending);
    former = ours.pending;
  }
  const changes = former !== revision || ours?.pending !== undefined;
  if (changes) await inspect(revision);
  if (changes) await note({ ...(former && { revision: former }), pending: revision });
  await bring(revision, former);
  if (!changes) return false;
  await finish(revision);
  return true;
}

/** @throws {Failure} CHECKOUT_BLOCKED where something stands at the target that we did not put there */
async function requireFolder({ config, target, actor }: Tools, isOurs: boolean): Promise<void> {
  const kind = await kindOf(target);
  if (kind === undefined) {
    if (config.mode === "dangerous")
      throw blocked(target, "is not there, and the mode dangerous updates only what is");
    await actor.run("mkdir", "-p", "--", target);
    return;
  }
  if (kind !== "folder") throw blocked(target, "is not a folder");
  await requireOwn(target, target, actor);
  if (isOurs || config.mode === "dangerous" || (await namesIn(target)).length === 0) return;
  throw blocked(target, "holds files that were not checked out there: empty it, or use the mode dangerous");
}

/**
 * Root writes into no folder of another user, who could turn what it writes elsewhere.
 * @throws {Failure} CHECKOUT_BLOCKED
 */
export async function requireOwn(folder: string, path: string, { uid }: Actor): Promise<void> {
  const owner = await ownerOf(folder);
  if (uid !== 0 || owner === undefined || owner === 0) return;
  throw blocked(
    path,
    `is in a folder of the user ${owner}: name that user in \`user\`, or make the folder root's`,
  );
}

export const blocked = (path: string, why: string): Failure =>
  new Failure("CHECKOUT_BLOCKED", `Cannot check out as ${path}: it ${why}`);

async function lay(
  ref: RefName,
  commit: Revision,
  former: Revision | undefined,
  { config, target, git, actor, own }: Tools,
): Promise<void> {
  const repository = join(target, ".git");
  const hasOwn =
    config.mode === "dangerous" &&
    (await kindOf(repository)) === "folder" &&
    (await ownerOf(repository)) === actor.uid;
  await actor.withFolder(own, async (folder) => {
    const index = join(folder, "index");
    const theirs = join(repository, "index");
    const isKnown = former !== undefined && (await git.has(former));
    // What people's own git had checked out there is the former revision, whatever it was.
    if (!isKnown && hasOwn && (await kindOf(theirs)) === "file") await actor.run("cp", "--", theirs, index);
    const { through } = actor;
    await layOut(git, { commit, into: target, index, former: isKnown ? former : undefined, through });
  });
  if (hasOwn) await moveHead(git, { folder: target, repository, ref, commit, through: actor.plain });
}
