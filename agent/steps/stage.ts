import { join } from "node:path";
import { hasCode, makeFolder } from "../../lib/effects/files.ts";
import { giveTo, removeAll } from "../../lib/effects/folders.ts";
import { commitsOf } from "../../lib/config/made-of.ts";
import { codeOf, Failure, reasonOf } from "../../lib/failure.ts";
import { isRoot } from "../../lib/effects/processes.ts";
import type { ReleaseName } from "../../lib/schema/names.ts";
import type { Layout } from "../layout.ts";
import { isFull, requireRoom } from "../room.ts";
import type { Perform } from "./step-of.ts";

/** Where a release lies until it is complete. */
export const stagingPath = (layout: Layout, release: ReleaseName): string =>
  join(layout.releases, `.tmp-${release}`);

/** Lays out the files of the revision under a temporary name. What an earlier try left there goes first. */
export const stage: Perform<"stage"> = async ({ release }, { mirrors, layout, app, name, request }) => {
  const staging = stagingPath(layout, release);
  const [only] = commitsOf(name, app, request.command.release);
  if (only === undefined) return;
  const git = mirrors.of(only.repository);
  await removeAll(staging);
  try {
    await requireRoom(git, only.commit, layout.releases);
    await makeFolder(staging);
    await git.stage(only.commit, staging);
    if (app.user !== undefined && isRoot()) await giveTo(app.user, staging);
  } catch (error) {
    const full = isNoSpace(error) || (await isFull(layout.releases));
    await removeAll(staging);
    if (!full) throw error;
    throw new Failure("DISK_FULL", `Cannot build a release, for the disk is full: ${reasonOf(error)}`, {
      cause: error,
    });
  }
};

const isNoSpace = (error: unknown): boolean =>
  codeOf(error) === "DISK_FULL" || hasCode(error, "ENOSPC") || hasCode(error, "EDQUOT");
