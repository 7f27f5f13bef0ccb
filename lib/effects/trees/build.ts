import { chmodSync, lchownSync, lstatSync } from "node:fs";
import { Failure, codeOf } from "../../failure.ts";
import { breather } from "../../pace/breather.ts";
import { hasCode, kindOf, makeFolder, type Owner } from "../files.ts";
import { removeAll } from "../folders.ts";
import { filesIn, isLink, isSubmodule, type TreeFile } from "../git/listing.ts";
import { exportFiles, writeFiles } from "../git/write-files.ts";
import { foldersOf, inFolder, type BytePath, readable } from "./bytes.ts";
import { type Limits, requireInside, requireLimits, requireRoom } from "./limits.ts";
import type { FileRecord, Sharing, Written } from "./record.ts";
import { folderMaker, shareFiles } from "./sharing.ts";
import { canExport, type Source, type Survey, surveyed } from "./survey.ts";

/** The release that files are taken from, where they are the same. */
export interface Base {
  readonly name: string;
  readonly folder: string;
  readonly record: FileRecord;
}

/** A release that is to be built. */
export interface Wanted {
  /** Each at its place; no two at one. */
  readonly sources: readonly Source[];
  /** A folder that is not there yet. */
  readonly into: string;
  readonly sharing: Sharing;
  readonly base?: Base | undefined;
  readonly limits: Limits;
  /** Whether links may lead out of the release. */
  readonly symlinks: "inside" | "any";
  /** Whom all of it is given to. */
  readonly owner?: Owner | undefined;
}

/** These are about the revision, or the host: without the former release they would be just the same. */
const LASTING = new Set(["TREE_LIMIT", "TREE_SYMLINK", "DISK_FULL"]);

/**
 * Builds a release: what did not change is taken from the former one, what did is written from the mirrors. Whatever is
 * wrong with the former one, the release is the same without it.
 * @throws {Failure} TREE_LIMIT, TREE_SYMLINK, DISK_FULL or GIT_FAILED
 */
export async function buildTree(wanted: Wanted): Promise<FileRecord> {
  const { base, sharing, into } = wanted;
  const usable = base?.record.sharing === sharing && (await kindOf(base.folder)) === "folder";
  if (!usable) return build({ ...wanted, base: undefined });
  try {
    return await build(wanted);
  } catch (error) {
    if (LASTING.has(codeOf(error) ?? "")) throw error;
    await removeAll(into);
    return build({ ...wanted, base: undefined });
  }
}

async function build(wanted: Wanted): Promise<FileRecord> {
  const { sources, into, base, sharing, limits, symlinks, owner } = wanted;
  const surveys = await surveyed(sources, base?.record);
  requireLimits(surveys, into, limits);
  if (symlinks === "inside") await requireInside(surveys);
  await makeFolder(into);
  await requireRoom(surveys, into, sharing);
  const places = folderMaker(into);
  for (const { place } of surveys) places(place.slice(0, -1));
  const taken = await taking(surveys, wanted);
  const parts = await Promise.all(surveys.map((survey) => withMissed(survey, taken.missed)));
  await Promise.all(parts.map((part) => write(part, into)));
  const files = [...taken.taken];
  for (const [index, part] of parts.entries()) files.push(...(await settled(part, index, wanted)));
  await settleFolders(files, surveys, into, owner);
  return {
    sharing,
    base: base?.name ?? null,
    sources: surveys.map(({ source: { at, commit }, exports }) => ({ at, commit, exports })),
    files,
  };
}

async function taking(surveys: readonly Survey[], { base, sharing, into }: Wanted) {
  const kept = surveys.flatMap((survey) => survey.kept);
  if (base === undefined || sharing === "none") return { taken: [], missed: kept };
  // Those that say how others are written come first: what is written finds them there.
  return shareFiles(sharing, base.folder, into, kept);
}
