import { lstatSync } from "node:fs";
import { codeOf, Failure } from "../../failure.ts";
import { kindOf, makeFolder, type Owner } from "../files.ts";
import { removeAll } from "../folders.ts";
import { filesIn } from "../git/listing.ts";
import { exportFiles, writeFiles } from "../git/write-files.ts";
import { inFolder, readable } from "./bytes.ts";
import { type Limits, requireInside, requireLimits, requireRoom } from "./limits.ts";
import type { FileRecord, Former, Sharing, Written } from "./record.ts";
import { isHeld, writeHeld } from "./held.ts";
import { settleFiles, settleFolders } from "./settle.ts";
import { folderMaker, kindIn, type Shared, shareFiles } from "./sharing.ts";
import { canExport, isAttributes, type Source, type Survey, surveyed } from "./survey.ts";

/** The release that files are taken from, where they are the same. */
export interface Base {
  readonly name: string;
  readonly folder: string;
  readonly record: Former;
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
  /** Is told of files of the former release that somebody wrote into where they lie: every release that shares them has that. */
  readonly warn?: (paths: readonly string[]) => void;
}

/** These are about the revision, or the host: without the former release they would be just the same. */
const LASTING = new Set([
  "TREE_LIMIT",
  "TREE_PATH",
  "TREE_SYMLINK",
  "DISK_FULL",
  "DISK_READ_ONLY",
  "DISK_DENIED",
]);

/**
 * Builds a release: what did not change is taken from the former one, what did is written from the mirrors. Whatever is
 * wrong with the former one, the release is the same without it.
 * @throws {Failure} TREE_LIMIT, TREE_SYMLINK, DISK_FULL or GIT_FAILED, and then a part of it may lie there
 */
export async function buildTree(wanted: Wanted): Promise<FileRecord> {
  const { base, sharing, into } = wanted;
  const usable =
    sharing !== "none" && base?.record.sharing === sharing && (await kindOf(base.folder)) === "folder";
  if (!usable) return build(wanted, undefined);
  try {
    return await build(wanted, base);
  } catch (error) {
    if (LASTING.has(codeOf(error) ?? "")) throw error;
    await removeAll(into);
    return build(wanted, undefined);
  }
}

async function build(wanted: Wanted, base: Base | undefined): Promise<FileRecord> {
  const { sources, into, sharing, limits, symlinks } = wanted;
  const surveys = await surveyed(sources, base?.record);
  requireLimits(surveys, into, limits);
  if (symlinks === "inside") await requireInside(surveys);
  await makeFolder(into);
  await requireRoom(surveys, into, sharing);
  const makePlace = folderMaker(into);
  for (const { place } of surveys) makePlace(place.slice(0, -1));

  const { taken, missed } = await layOut(surveys, wanted, base);
  const touched = base === undefined || sharing !== "hardlink" ? [] : missed.filter(isSharedIn(base.folder));
  if (touched.length > 0) wanted.warn?.(touched.map(({ path }) => readable(path)));
  // Nothing of these had changed in git: somebody touched them, or took them away.
  const again = await Promise.all(surveys.map((survey, index) => afresh(survey, index, missed)));
  for (const each of again) await write(each, into);

  const files = [...taken];
  for (const [index, survey] of [...surveys, ...again].entries())
    files.push(...(await settleFiles(survey, index % surveys.length, into, sharing)));
  await settleFolders(files, surveys, into, wanted.owner);
  return {
    sharing,
    base: base?.name ?? null,
    sources: surveys.map(({ source: { at, commit }, exports }) => ({ at, commit, exports })),
    files,
  };
}

/** Whether a file is still the one that was put there, whatever it holds by now, and other releases have it as well. */
const isSharedIn =
  (folder: string) =>
  ({ path, inode, mode }: Written): boolean => {
    const status = lstatSync(inFolder(folder, path), { throwIfNoEntry: false });
    return kindIn(mode) === "file" && status?.ino === inode && status.nlink > 1;
  };

/** Takes over what is the same, while git, which is started first, writes what is not. */
async function layOut(
  surveys: readonly Survey[],
  { sharing, into, owner }: Wanted,
  base: Base | undefined,
): Promise<Shared> {
  const kept = surveys.flatMap((survey) => survey.kept);
  const share = async (files: readonly Written[]): Promise<Shared> =>
    base === undefined || sharing === "none"
      ? { taken: [], missed: files }
      : shareFiles(sharing, base.folder, into, files, owner?.uid);
  // What says how others are written comes first: git reads it there.
  const said = await share(kept.filter(isAttributes));
  const both = [writeAll(surveys, into), share(kept.filter((file) => !isAttributes(file)))] as const;
  // Nothing is thrown away while one of them still writes there.
  await Promise.allSettled(both);
  const [, rest] = await Promise.all(both);
  return { taken: [...said.taken, ...rest.taken], missed: [...said.missed, ...rest.missed] };
}

async function writeAll(surveys: readonly Survey[], into: string): Promise<void> {
  for (const survey of surveys) await write(survey, into);
}

async function write({ source, exports, fresh, whole, hidden }: Survey, into: string): Promise<void> {
  if (fresh.length === 0) return;
  const { git, commit, at } = source;
  const place = at === "" ? into : `${into}/${at}`;
  if (exports === "all")
    return fresh.every(isHeld) ? writeHeld(fresh, place) : writeFiles(git.folder, fresh, place);
  const part = whole ? { but: hidden } : { only: fresh.map(({ path }) => path) };
  return exportFiles(git.folder, commit, place, part);
}

/** What of a source could not be taken over, to be written from the mirror. */
async function afresh(survey: Survey, index: number, missed: readonly Written[]): Promise<Survey> {
  const { source, place, exports } = survey;
  const paths = missed.filter((file) => file.source === index).map(({ path }) => path.slice(place.length));
  if (paths.length === 0) return { ...survey, kept: [], fresh: [], whole: false };
  if (exports !== "all" && !canExport(paths))
    throw new Failure("GIT_FAILED", `Cannot export ${paths.length} files of ${source.commit} alone`);
  const wanted = new Set(paths);
  const listed = await filesIn(source.git.folder, source.commit);
  return { ...survey, kept: [], fresh: listed.filter(({ path }) => wanted.has(path)), whole: false };
}
