import { z } from "zod";
import type { ToldRelease } from "../lib/messages/catalogue/hosts.ts";
import {
  commandId,
  digest,
  releaseName,
  type ReleaseName,
  revision,
  type Revision,
} from "../lib/schema/names.ts";

/** A line of the history of an app on a host: what happened to a release. */
export const historyLine = z.object({
  release: releaseName,
  revision,
  event: z.enum(["built", "live", "left", "failed"]),
  at: z.iso.datetime(),
  rollout: commandId,
  /** Of one that was built of several parts: how they were put together. */
  arrangement: digest.optional(),
  why: z.string().optional(),
});
export type HistoryLine = z.infer<typeof historyLine>;

/** A release folder, and what the history knows of it. */
export interface KnownRelease {
  readonly name: ReleaseName;
  /** The revision in it; without one it was never finished. */
  readonly revision?: Revision;
  /** How its parts were put together, where it has several. */
  readonly arrangement?: Revision;
  readonly failed: boolean;
  /** When it last became live. */
  readonly lastLive?: string;
}

/** Puts together what lies on disk and what the history says of it. */
export function knownReleases(
  folders: readonly string[],
  history: readonly HistoryLine[],
): readonly KnownRelease[] {
  return namesOf(folders).map((name) => known(name, history));
}

/** Other folders may be anything. */
const namesOf = (folders: readonly string[]): readonly ReleaseName[] =>
  folders.flatMap((name) => releaseName.safeParse(name).data ?? []);

/** What happened to a release. What came before it was built was of another folder of that name, which is gone. */
function linesOf(name: ReleaseName, history: readonly HistoryLine[]): readonly HistoryLine[] {
  const all = history.filter(({ release }) => release === name);
  const built = all.findLastIndex(({ event }) => event === "built");
  return all.slice(Math.max(0, built));
}

function known(name: ReleaseName, history: readonly HistoryLine[]): KnownRelease {
  const lines = linesOf(name, history);
  const built = lines.find(({ event }) => event === "built");
  const live = lines.findLast(({ event }) => event === "live");
  return {
    name,
    failed: lines.some(({ event }) => event === "failed"),
    ...(built && { revision: built.revision }),
    ...(built?.arrangement && { arrangement: built.arrangement }),
    ...(live && { lastLive: live.at }),
  };
}

/** What people are told of the releases on a host, the oldest first. */
export function toldReleases(
  folders: readonly string[],
  history: readonly HistoryLine[],
): readonly ToldRelease[] {
  return namesOf(folders)
    .map((release) => {
      const lines = linesOf(release, history);
      const last = (event: HistoryLine["event"]) => lines.findLast((line) => line.event === event);
      const [built, live, left, failed] = (["built", "live", "left", "failed"] as const).map(last);
      return {
        release,
        ...(built && { revision: built.revision, built: built.at }),
        ...(live && { from: live.at }),
        ...(left && { to: left.at }),
        ...(failed && { failed: failed.at }),
        ...(failed?.why && { why: failed.why.slice(0, 500) }),
      };
    })
    .toSorted((one, other) => one.release.localeCompare(other.release));
}

/** The releases that a host needs no more: not those that are spoken for, nor as many of those that were live and good, the last first, as make `keep`. */
export function dispensable(
  releases: readonly KnownRelease[],
  spokenFor: ReadonlySet<ReleaseName>,
  keep: number,
): readonly ReleaseName[] {
  const former = releases
    .filter(({ name, failed, lastLive }) => !spokenFor.has(name) && !failed && lastLive !== undefined)
    .sort((a, b) => (b.lastLive ?? "").localeCompare(a.lastLive ?? ""))
    .slice(0, Math.max(0, keep + 1 - spokenFor.size))
    .map(({ name }) => name);
  const kept = new Set([...spokenFor, ...former]);
  return releases.map(({ name }) => name).filter((name) => !kept.has(name));
}

/** Releases that are in the way: never finished, or failed. */
export const debris = (
  releases: readonly KnownRelease[],
  spokenFor: ReadonlySet<ReleaseName>,
): readonly ReleaseName[] =>
  releases
    .filter(({ name, failed, revision }) => !spokenFor.has(name) && (failed || revision === undefined))
    .map(({ name }) => name);

/** A name that no release has yet: when the deploy was authorised, and as many digits as it takes. */
export function freeName(issued: Date, id: Revision, releases: readonly KnownRelease[]): ReleaseName {
  const taken = new Set<string>(releases.map(({ name }) => name));
  const time = issued.toISOString().replace(/[-:]|\.\d+Z$/g, "");
  for (let digits = 7; digits <= id.length; digits += 1) {
    const name = `${time}-${id.slice(0, digits)}`;
    if (!taken.has(name)) return releaseName.parse(name);
  }
  return freeName(new Date(issued.getTime() + 1_000), id, releases);
}
