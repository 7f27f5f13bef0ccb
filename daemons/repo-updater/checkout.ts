import { join } from "node:path";
import { type Actor, actingAs, ourselves } from "../../lib/effects/acting.ts";
import { makeFolder } from "../../lib/effects/files.ts";
import { type Git, linkOut, type RefAt } from "../../lib/effects/git.ts";
import { takeLock } from "../../lib/effects/lock.ts";
import { openRecords } from "../../lib/effects/records.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import { inTurn } from "../../lib/pace/in-turn.ts";
import type { RefName, Revision } from "../../lib/schema/names.ts";
import { removeBehindLink, sweep, updateBehindLink } from "./behind-link.ts";
import { type CheckoutConfig, isOfEach } from "./config.ts";
import { type Tools, updateInPlace } from "./in-place.ts";
import { type Builds, builds, decided, noted } from "./passed.ts";
import { intentOf, place, type Refused, type Wish } from "./places.ts";

/** What became of one ref of a checkout. */
export type Happened =
  | {
      readonly what: "checked out";
      readonly ref: RefName;
      readonly revision: Revision;
      readonly path: string;
      readonly seconds: number;
    }
  | { readonly what: "removed"; readonly ref: RefName; readonly path: string; readonly seconds: number }
  | ({ readonly what: "problem"; readonly error?: unknown } & Refused);

/** One checkout of this host. */
export interface Checkout {
  readonly name: string;
  readonly config: CheckoutConfig;
  /** Makes it what it should be, and tells what happened, ref by ref. */
  update(how: Update): Promise<readonly Happened[]>;
  /** Notes how a build ended: the next update knows. */
  note(build: Data<"build.finished">, fresh: boolean): Promise<void>;
}

interface Update {
  /** Whether what is there already is looked at as well. */
  readonly verify: boolean;
  /** Whether the mirror is known to be up to date: what it lacks otherwise may only not have been fetched. */
  readonly fresh: boolean;
}

interface Surroundings {
  readonly state: string;
  readonly git: Git;
  readonly refs: () => Promise<readonly RefAt[]>;
  readonly defaultBranch: () => Promise<RefName | undefined>;
  readonly onDamaged: (file: string) => void;
}

/** The updates under way in this process, by their target. A configuration that is read again does not end them. */
const turn = inTurn<string>();

/**
 * Opens a checkout. Nothing is written before its first update.
 * @throws {Failure} CONFIG_INVALID where its user cannot be had
 */
export async function openCheckout(
  name: string,
  config: CheckoutConfig & { readonly target: string },
  { state, git, refs: listRefs, defaultBranch, onDamaged }: Surroundings,
): Promise<Checkout> {
  const actor: Actor = config.user === undefined ? ourselves : await actingAs(config.user);
  const own = join(state, "checkouts", name);
  const alone = <Result>(work: () => Promise<Result>) => turn(config.target, () => locked(own, work));
  const openBuilds = () => openRecords(join(own, "builds"), builds, onDamaged);
  const namesBranch = isOfEach(config) || config.branch !== undefined;
  let standard: RefName | undefined;

  const inspect = async (revision: Revision) => {
    const out = config.symlinks === "any" ? undefined : await linkOut(git, revision);
    if (out === undefined) return;
    throw new Failure(
      "TREE_SYMLINK",
      `Cannot check out ${name}: the link ${out.path} leads to ${out.target}`,
    );
  };

  /** What of each ref may be checked out, decided anew; what is known of refs that are gone goes. */
  const passedOf = async (refs: readonly RefAt[], fresh: boolean): Promise<ReadonlyMap<string, Builds>> => {
    const known = await openBuilds();
    for (const [ref, former] of [...known.all]) {
      const at = refs.find((each) => each.ref === ref);
      if (at === undefined) {
        if (fresh) await known.remove(ref);
        continue;
      }
      const now = await decided(git, at, { builds: former, pipelines: config.pipelines, fresh });
      if (now.allowed !== former.allowed || now.passed.length !== former.passed.length)
        await known.put(ref, now);
    }
    return known.all;
  };

  const update = async ({ verify, fresh }: Update): Promise<Happened[]> => {
    const places = await openRecords(join(own, "places"), place, onDamaged);
    // The mirror says nothing of it, and it seldom changes.
    if (!namesBranch && (verify || standard === undefined))
      standard = await defaultBranch().catch(() => standard ?? [...places.all.values()][0]?.ref);
    const refs = await listRefs().catch((error: unknown) => {
      if (fresh) throw error;
      return [];
    });
    // Nothing was ever fetched: that is told already.
    if (!fresh && refs.length === 0) return [];
    const passed = config.on === "build" ? await passedOf(refs, fresh) : undefined;
    const allowed = (at: RefAt) => (passed === undefined ? at.revision : passed.get(at.ref)?.allowed);
    const { wishes, gone, refused } = intentOf({ config, refs, places: places.all, standard, allowed });
    const tools: Tools = { name, config, target: config.target, git, actor, places, own, verify, inspect };
    const happened: Happened[] = refused.map((each) => ({ what: "problem", ...each }));
    // First, for the name of what is gone may be that of what came.
    for (const key of fresh ? gone : []) happened.push(...(await attempt(key, () => remove(key, tools))));
    for (const wish of wishes) happened.push(...(await attempt(wish.ref, () => grant(wish, tools))));
    if (isBehindLink(config) && (verify || happened.length > 0)) await sweep(tools);
    return happened;
  };

  return {
    name,
    config,
    update: (how) => alone(() => update(how)),
    note: (build, fresh) =>
      alone(async () => {
        const known = await openBuilds();
        // Whoever is on the bus may tell of builds: only of refs that there are is anything kept.
        if (fresh && !(await listRefs()).some(({ ref }) => ref === build.ref)) return;
        await known.put(build.ref, noted(known.all.get(build.ref) ?? { passed: [] }, build));
      }),
  };
}

const isBehindLink = (config: CheckoutConfig): boolean => config.mode === "atomic" || isOfEach(config);

/** @throws {Failure} CHECKOUT_BUSY, which passes */
async function locked<Result>(own: string, work: () => Promise<Result>): Promise<Result> {
  await makeFolder(own, 0o700);
  const lock = await takeLock(join(own, "lock"), "an update");
  if (!lock.taken)
    throw new Failure("CHECKOUT_BUSY", `Cannot update: process ${lock.by.pid} does it already`, {
      transient: true,
    });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** One ref that cannot be had keeps no other from being updated. */
async function attempt(ref: string, work: () => Promise<readonly Happened[]>): Promise<readonly Happened[]> {
  try {
    return await work();
  } catch (error) {
    return [{ what: "problem", ref, reason: reasonOf(error), error }];
  }
}

async function grant(wish: Wish, tools: Tools): Promise<readonly Happened[]> {
  const { ref, revision, entry } = wish;
  const begun = Date.now();
  const update = isBehindLink(tools.config) ? updateBehindLink : updateInPlace;
  if (!(await update(wish, tools))) return [];
  const path = entry === undefined ? tools.target : join(tools.target, entry);
  return [{ what: "checked out", ref, revision, path, seconds: (Date.now() - begun) / 1_000 }];
}

async function remove(key: string, tools: Tools): Promise<readonly Happened[]> {
  const ref = tools.places.all.get(key)?.ref;
  const begun = Date.now();
  const path = await removeBehindLink(key, tools);
  if (path === undefined || ref === undefined) return [];
  return [{ what: "removed", ref, path, seconds: (Date.now() - begun) / 1_000 }];
}
