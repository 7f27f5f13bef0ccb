import { z } from "zod";
import { openRecords } from "../../lib/effects/records.ts";
import { reasonOf } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import { type RepositoryName, revision } from "../../lib/schema/names.ts";

const move = z.object({ ref: z.string(), before: revision, after: revision });

const ofGit = z.object({
  kind: z.literal("git"),
  path: z.string().describe("Where its hook found it."),
  refs: z.record(z.string(), revision).describe("Where each branch and tag was when it was last announced."),
  since: z.iso.datetime().describe("When it was first looked at."),
  told: z.iso.datetime().optional().describe("When the push was made that was announced last."),
  covered: z
    .array(move.extend({ at: z.iso.datetime() }))
    .describe("What was announced though no hook had told of it, and of which moment that was true."),
  pending: z
    .array(move.extend({ at: z.iso.datetime() }))
    .describe("What was seen once, and no hook has told of yet, and when it was seen."),
});
export type KnownGit = z.infer<typeof ofGit>;

const ofSvn = z.object({
  kind: z.literal("svn"),
  path: z.string(),
  identity: z.string().describe("What Subversion calls it: another one may be put in its place."),
  last: z.int().min(0).describe("The newest revision that was announced."),
});
export type KnownSvn = z.infer<typeof ofSvn>;

/** What was announced of each repository. */
export interface Known {
  git(name: RepositoryName): KnownGit | undefined;
  svn(name: RepositoryName): KnownSvn | undefined;
  /** Where a repository was last seen. */
  pathOf(name: RepositoryName): string | undefined;
  /** Never fails: where the disk is full it is written later, and what a crash then loses is announced a second time. */
  note(name: RepositoryName, value: KnownGit | KnownSvn): Promise<void>;
  forget(name: RepositoryName): Promise<void>;
  /** Writes what could not be written before. */
  settle(): Promise<void>;
}

/** Opens what was announced, as it is on disk. */
export async function openKnown(folder: string, log: Log): Promise<Known> {
  const records = await openRecords(folder, z.discriminatedUnion("kind", [ofGit, ofSvn]), (file) =>
    log.warn({ file }, "what was announced of a repository cannot be read; it begins anew"),
  );
  const held = new Map(records.all);
  const unwritten = new Set<string>();
  const write = async (name: string, value: KnownGit | KnownSvn) => {
    try {
      await records.put(name, value);
      unwritten.delete(name);
    } catch (error) {
      if (!unwritten.has(name))
        log.error({ error, repository: name }, `cannot note what was announced: ${reasonOf(error)}`);
      unwritten.add(name);
    }
  };
  const of = <Kind extends "git" | "svn">(name: string, kind: Kind) => {
    const value = held.get(name);
    return value?.kind === kind ? (value as Extract<typeof value, { kind: Kind }>) : undefined;
  };
  return {
    git: (name) => of(name, "git"),
    svn: (name) => of(name, "svn"),
    pathOf: (name) => held.get(name)?.path,
    note: async (name, value) => {
      held.set(name, value);
      await write(name, value);
    },
    forget: async (name) => {
      held.delete(name);
      unwritten.delete(name);
      await records.remove(name);
    },
    settle: async () => {
      for (const name of unwritten) {
        const value = held.get(name);
        if (value !== undefined) await write(name, value);
      }
    },
  };
}
