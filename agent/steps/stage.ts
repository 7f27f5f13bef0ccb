import { join } from "node:path";
import { commitsOf, type MadeOf, placeOf } from "../../lib/config/made-of.ts";
import { hasCode } from "../../lib/effects/files.ts";
import { namedOwner, removeAll } from "../../lib/effects/folders.ts";
import { type Base, buildTree } from "../../lib/effects/trees/build.ts";
import { readRecord, writeRecord } from "../../lib/effects/trees/record.ts";
import { sharingIn } from "../../lib/effects/trees/sharing.ts";
import { codeOf, Failure, reasonOf } from "../../lib/failure.ts";
import { message } from "../../lib/messages/catalogue.ts";
import { safeText } from "../../lib/safe-text.ts";
import type { ReleaseName } from "../../lib/schema/names.ts";
import { type Layout, recordPath, releasePath } from "../layout.ts";
import { mended } from "../mended.ts";
import { isFull } from "../room.ts";
import { otherUser } from "../user.ts";
import type { Work } from "../work.ts";
import type { Perform } from "./step-of.ts";

/** Where a release lies until it is complete. */
export const stagingPath = (layout: Layout, release: ReleaseName): string =>
  join(layout.releases, `.tmp-${release}`);

/** Lays out the files of the revision under a temporary name. What an earlier try left there goes first. */
export const stage: Perform<"stage"> = async (step, work) => {
  const commits = commitsOf(work.name, work.app, work.request.command.release);
  await mended(
    commits.map(({ repository }) => repository),
    work,
    () => build(step, commits, work),
  );
};

async function build(
  { release, base }: Parameters<typeof stage>[0],
  commits: readonly MadeOf[],
  work: Work,
): Promise<void> {
  const { mirrors, layout, app } = work;
  const user = otherUser(app);
  const staging = stagingPath(layout, release);
  await removeAll(staging);
  try {
    const record = await buildTree({
      sources: commits.map(({ repository, commit, part }) => ({
        git: mirrors.of(repository),
        commit,
        at: placeOf(app, part),
      })),
      into: staging,
      sharing: await sharingIn(layout.releases, "share" in app ? app.share : []),
      base: base && (await baseAt(layout, base)),
      limits: "max-files" in app ? { files: app["max-files"], bytes: app["max-bytes"] } : NO_LIMITS,
      symlinks: "symlinks" in app ? app.symlinks : "inside",
      owner: user === undefined ? undefined : await namedOwner(user),
      warn: (paths) => warn(paths, work),
    });
    await writeRecord(recordPath(layout, release), record);
  } catch (error) {
    const full = isNoSpace(error) || (await isFull(layout.releases));
    await removeAll(staging);
    if (!full) throw error;
    throw new Failure("DISK_FULL", `Cannot build a release, for the disk is full: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Files that are told of; of more of them, how many. */
const MOST_TOLD = 5;

/** Says that an app writes into files that several of its releases share. */
function warn(paths: readonly string[], { say, log, request, name, host }: Work): void {
  const more = paths.length > MOST_TOLD ? ` and ${paths.length - MOST_TOLD} more` : "";
  const code = "SHARED_FILE_WRITTEN";
  const text = `[${code}] somebody wrote into files that releases share: ${paths.slice(0, MOST_TOLD).join(", ")}${more}. They are written anew here; former releases keep what was written`;
  log.warn({ app: name, code }, text);
  const about = { rollout: request.command.id, app: name, host, phase: "build" } as const;
  say(message("deploy.log", { ...about, sequence: 0, lines: [safeText(text)] }));
}

const NO_LIMITS = { files: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

async function baseAt(layout: Layout, release: ReleaseName): Promise<Base | undefined> {
  const record = await readRecord(recordPath(layout, release));
  return record && { name: release, folder: releasePath(layout, release), record };
}

const isNoSpace = (error: unknown): boolean =>
  codeOf(error) === "DISK_FULL" || hasCode(error, "ENOSPC") || hasCode(error, "EDQUOT");
