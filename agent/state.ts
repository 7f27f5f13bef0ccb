import { basename, dirname, resolve } from "node:path";
import { z } from "zod";
import { kindOf, readIfThere, writeWhole } from "../lib/effects/files.ts";
import { linkTarget, namesIn } from "../lib/effects/folders.ts";
import { Failure } from "../lib/failure.ts";
import { type LiveRelease, liveRelease } from "../lib/messages/catalogue/deploys.ts";
import { type ReleaseName, releaseName } from "../lib/schema/names.ts";
import { readHistory } from "./history.ts";
import type { Layout } from "./layout.ts";
import type { Facts } from "./plan.ts";
import { knownReleases } from "./releases.ts";

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
    readHistory(layout),
  ]);
  return { lives, releases: knownReleases(folders, history), now };
}
