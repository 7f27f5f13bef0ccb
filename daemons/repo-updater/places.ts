import { z } from "zod";
import type { RefAt } from "../../lib/effects/git.ts";
import { refName, type RefName, revision, type Revision, shortRef } from "../../lib/schema/names.ts";
import { type CheckoutConfig, isOfEach, wants } from "./config.ts";

/** A name that we made: nothing in it leads anywhere else, and none begins with a dot. */
const entryName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,219}$/);
/** A folder behind a link. */
export const folderName = z.string().regex(/^[0-9a-f]{12}-[0-9a-f]{12}$/);

/** What is known of one place that a checkout fills: written down before each change of it, and after. */
export const place = z.object({
  ref: refName,
  /** The whole target of the configuration that it was made for. */
  target: z.string(),
  /** What lies there. */
  revision: revision.optional(),
  /** In place: what is being written there. Whoever finds it finishes that first. */
  pending: revision.optional(),
  /** The name below the target, of a checkout that has a place for each ref. */
  entry: entryName.optional(),
  /** Behind a link: the folder that it leads to, and the one before, which whoever is still in it may read to the end. */
  folder: folderName.optional(),
  former: folderName.optional(),
});
export type Place = z.infer<typeof place>;

/** The key of the one place of a checkout that has but one. */
export const ONLY = "target";

/** What should lie at a place. */
export interface Wish {
  /** The key of the place. */
  readonly key: string;
  readonly ref: RefName;
  readonly revision: Revision;
  readonly entry?: string;
}

/** A ref that cannot be had, and why. */
export interface Refused {
  readonly ref: string;
  readonly reason: string;
}

/** What a checkout should look like. */
export interface Intent {
  readonly wishes: readonly Wish[];
  /** Places whose ref is gone, or is no longer wanted. */
  readonly gone: readonly string[];
  readonly refused: readonly Refused[];
}

/** What decides what a checkout should look like. */
export interface Situation {
  readonly config: CheckoutConfig;
  readonly refs: readonly RefAt[];
  readonly places: ReadonlyMap<string, Place>;
  /** The branch of a checkout that names none. */
  readonly standard: RefName | undefined;
  /** What of a ref may be checked out; undefined where that is not known yet. */
  readonly allowed: (at: RefAt) => Revision | undefined;
}

/** Decides what a checkout should look like, from what the mirror has and what is there. */
export function intentOf(situation: Situation): Intent {
  return isOfEach(situation.config) ? forEachRef(situation) : forOne(situation);
}

function forOne({ config, refs, standard, allowed }: Situation): Intent {
  const ref =
    config.branch === undefined
      ? (standard ?? onlyBranch(refs))
      : refName.parse(`refs/heads/${config.branch}`);
  const nothing = { wishes: [], gone: [] };
  if (ref === undefined)
    return {
      ...nothing,
      refused: [
        {
          ref: "",
          reason: `${config.repository} names no default branch that it has: name one in \`branch\``,
        },
      ],
    };
  const at = refs.find((each) => each.ref === ref);
  if (at === undefined) {
    const reason = `${config.repository} has no branch ${shortRef(ref)}: what was checked out of it stays`;
    return { ...nothing, refused: [{ ref, reason }] };
  }
  const wanted = allowed(at);
  return {
    ...nothing,
    wishes: wanted === undefined ? [] : [{ key: ONLY, ref, revision: wanted }],
    refused: [],
  };
}

/** Of a repository whose HEAD names a branch that nobody has pushed, there is often just one that somebody has. */
function onlyBranch(refs: readonly RefAt[]): RefName | undefined {
  const [first, ...others] = refs.filter(({ ref }) => ref.startsWith("refs/heads/"));
  return others.length === 0 ? first?.ref : undefined;
}

function forEachRef({ config, refs, places, allowed }: Situation): Intent {
  const kind = config.mode === "tags" ? "refs/tags/" : "refs/heads/";
  const wanted = refs.filter(({ ref }) => ref.startsWith(kind) && wants(config, shortRef(ref)));
  if (refs.length === 0 && places.size > 0) {
    const reason = `${config.repository} has no branch and no tag at all: nothing is removed`;
    return { wishes: [], gone: [], refused: [{ ref: "", reason }] };
  }
  const gone = [...places.keys()].filter((key) => !wanted.some(({ ref }) => ref === key));
  const { entries, refused } = entriesFor(config, wanted, places);
  const wishes = wanted.flatMap((at) => {
    const [entry, revision] = [entries.get(at.ref), allowed(at)];
    return entry === undefined || revision === undefined
      ? []
      : [{ key: at.ref, ref: at.ref, revision, entry }];
  });
  return { wishes, gone, refused };
}

/** Gives each ref a name below the target. Who has one keeps it; of several that come to the same one, the others are refused. */
function entriesFor(config: CheckoutConfig, refs: readonly RefAt[], places: ReadonlyMap<string, Place>) {
  const holders = new Map<string, RefName>();
  const entries = new Map<RefName, string>();
  const refused: Refused[] = [];
  const first = (ref: RefName) => (places.has(ref) ? 0 : 1);
  const ordered = refs.map(({ ref }) => ref).sort((a, b) => first(a) - first(b) || (a < b ? -1 : 1));
  for (const ref of ordered) {
    const entry = entryFor(config.mode, ref);
    // Some file systems do not tell A from a.
    const holder = holders.get(entry.toLowerCase());
    if (holder === undefined) {
      holders.set(entry.toLowerCase(), ref);
      entries.set(ref, entry);
      continue;
    }
    const reason = `${shortRef(ref)} would be ${entry}, which ${shortRef(holder)} is already: rename one of them`;
    refused.push({ ref, reason });
  }
  return { entries, refused };
}

/** What a ref is called on disk. Puppet knows letters, digits and underscores in the name of an environment, and r10k does the same. */
export const entryFor = (mode: CheckoutConfig["mode"], ref: RefName): string =>
  shortRef(ref).replace(mode === "tags" ? /[^A-Za-z0-9._-]/g : /[^A-Za-z0-9_]/g, "_");
