import { basename, dirname, resolve } from "node:path";
import { z } from "zod";
import { kindOf, readIfThere, writeWhole } from "../lib/effects/files.ts";
import { linkTarget, namesIn } from "../lib/effects/folders.ts";
import { openJournal } from "../lib/effects/journal.ts";
import { Failure } from "../lib/failure.ts";
import { type LiveRelease, liveRelease } from "../lib/messages/catalogue/deploys.ts";
import { type ReleaseName, releaseName } from "../lib/schema/names.ts";
import type { Layout } from "./layout.ts";
import type { Facts } from "./plan.ts";
import { type HistoryLine, historyLine, knownReleases } from "./releases.ts";

/** What is live, the newest first; what was live before it follows. */
const manifest = z.object({ lives: z.array(liveRelease) });

/** Says what is live from now on. */
export async function writeManifest(layout: Layout, lives: readonly LiveRelease[]): Promise<void> {
  await writeWhole(layout.manifest, `${JSON.stringify({ lives }, undefined, 2)}\n`);
}

/** What the manifest says. */
export async function readLives(layout: Layout): Promise<readonly LiveRelease[]> {
  return manifest.parse(JSON.parse((await readIfThere(layout.manifest)) ?? `{"lives":[]}`)).lives;
}

/**
 * What is live, and what was before it. The link is what visitors follow, so it has the last word.
 * @throws {Failure} CURRENT_NOT_LINK
 */
export async function livesOf(layout: Layout): Promise<readonly LiveRelease[]> {
  const kind = await kindOf(layout.current);
  if (kind === undefined) return [];
  if (kind !== "link") throw currentNotLink(layout);
  const [published, lives] = await Promise.all([publishedIn(layout), readLives(layout)]);
  const live = lives.findIndex(({ release }) => release === published);
  return live < 0 ? [] : lives.slice(live);
}

/** The release that `current` leads to. Our links are relative; one that a person made may hold the whole path. */
export async function publishedIn({ root, releases, current }: Layout): Promise<ReleaseName | undefined> {
  const target = resolve(root, (await linkTarget(current)) ?? "");
  return dirname(target) === resolve(releases) ? releaseName.safeParse(basename(target)).data : undefined;
}

/** That `current` cannot be replaced at once. */
export const currentNotLink = (layout: Layout): Failure =>
  new Failure("CURRENT_NOT_LINK", `Cannot publish: ${layout.current} is not a symbolic link`);

/** All that planning needs to know of an app. */
export async function factsOf(layout: Layout, now: Date): Promise<Facts> {
  const [lives, folders, history] = await Promise.all([
    livesOf(layout),
    namesIn(layout.releases),
    openJournal(layout.history, historyLine),
  ]);
  return { lives, releases: knownReleases(folders, history.entries), now };
}

/** Adds to the history, unless it says so already: a step that is done again is no second event. */
export async function addToHistory(layout: Layout, line: HistoryLine): Promise<void> {
  const history = await openJournal(layout.history, historyLine);
  const same = history.entries.findLast(
    ({ release, event }) => release === line.release && event === line.event,
  );
  if (same?.rollout !== line.rollout) await history.append(line);
}

const MOST_HISTORY = 1_000;

/** Forgets the oldest of a long history. */
export async function trimHistory(layout: Layout): Promise<void> {
  const history = await openJournal(layout.history, historyLine);
  if (history.entries.length > 2 * MOST_HISTORY) await history.replace(history.entries.slice(-MOST_HISTORY));
}
