import { join } from "node:path";
import type { Revision } from "../../schema/names.ts";
import { kindOf } from "../files.ts";
import { changesBetween, contentsOf, filesIn, isSubmodule, type TreeFile } from "../git/listing.ts";
import { byteText, type BytePath, isText, nameOf } from "./bytes.ts";
import type { Exports, Former, Written } from "./record.ts";

/** A commit, and the place of its files in a release: nothing for all of it. */
export interface Source {
  readonly git: { readonly folder: string };
  readonly commit: Revision;
  readonly at: string;
}

/** What of a source is taken over from the former release, and what is written from the mirror. */
export interface Survey {
  readonly source: Source;
  /** Where it stands, in bytes, with a slash at the end unless it is all of the release. */
  readonly place: BytePath;
  readonly exports: Exports;
  readonly kept: readonly Written[];
  /** Paths within the source; with contents only where those are written as they are. */
  readonly fresh: readonly TreeFile[];
  /** Whether `fresh` is all of it. */
  readonly whole: boolean;
  /** Paths within the source where another one has its place: what this one has there is left out. */
  readonly hidden: readonly BytePath[];
}

const ATTRIBUTES = ".gitattributes";
/** Larger ones are not read; and git takes no notice of much larger ones. */
const MOST_ATTRIBUTES = 1024 * 1024;
/** What fits into the arguments of one call of git. */
const MOST_EXPORTED = { paths: 500, bytes: 64 * 1024 };

/** Whether a file says of others how they are written, or whether they are exported. */
export const isAttributes = ({ path }: { readonly path: BytePath }): boolean => nameOf(path) === ATTRIBUTES;

const placeOf = (at: string): BytePath => (at === "" ? "" : `${byteText(at)}/`);

/** Whether a path is that of one of the places, or in it. */
const isIn = (places: readonly BytePath[]) => (path: BytePath) =>
  places.some((place) => path === place || path.startsWith(`${place}/`));

/** Looks at every source: what is the same as in the former release, and what is not. */
export async function surveyed(
  sources: readonly Source[],
  base: Former | undefined,
): Promise<readonly Survey[]> {
  const places = sources.map(({ at }) => at).join("\0");
  // Where another source comes or goes, what is hidden under it changes as well.
  const usable = base?.sources.map(({ at }) => at).join("\0") === places ? base : undefined;
  return Promise.all(
    sources.map(async (source, index) => {
      const hidden = hiddenBy(source, sources);
      return (usable && (await difference(source, index, hidden, usable))) ?? (await whole(source, hidden));
    }),
  );
}

function hiddenBy({ at }: Source, sources: readonly Source[]): readonly BytePath[] {
  const place = placeOf(at);
  return sources
    .filter((other) => other.at !== at && byteText(other.at).startsWith(place))
    .map((other) => byteText(other.at).slice(place.length));
}

/** All of a source, as its commit has it. */
async function whole(source: Source, hidden: readonly BytePath[]): Promise<Survey> {
  const { git, commit, at } = source;
  const all = await filesIn(git.folder, commit);
  const exports = await exportsOf(git.folder, all);
  const isHidden = isIn(hidden);
  const fresh = hidden.length === 0 ? all : all.filter(({ path }) => !isHidden(path));
  return { source, place: placeOf(at), exports, kept: [], fresh, whole: true, hidden };
}

async function exportsOf(folder: string, files: readonly TreeFile[]): Promise<Exports> {
  const found = files.filter(isAttributes);
  if (found.some(({ size }) => size > MOST_ATTRIBUTES)) return "filled-in";
  const texts = await contentsOf(
    folder,
    found.filter((file) => !isSubmodule(file)).map(({ id }) => id),
  );
  if (texts.some((text) => text.includes("export-subst"))) return "filled-in";
  return texts.some((text) => text.includes("export-ignore")) ? "some" : "all";
}

/** What differs from the former release; undefined where that cannot be told, or nothing may be shared. */
async function difference(
  source: Source,
  index: number,
  hidden: readonly BytePath[],
  base: Former,
): Promise<Survey | undefined> {
  const former = base.sources[index];
  if (former === undefined || former.exports === "filled-in") return undefined;
  const { git, commit, at } = source;
  const isHidden = isIn(hidden);
  // The mirror may not have the former commit any more.
  const changing = changesBetween(git.folder, former.commit, commit).catch(() => undefined);
  const files = await base.files();
  const changes = await changing;
  if (changes === undefined || changes.some(isAttributes)) return undefined;
  const seen = changes.filter(({ path }) => !isHidden(path));
  if (former.exports === "some" && !canExport(seen.map(({ path }) => path))) return undefined;
  const place = placeOf(at);
  const gone = new Set(changes.map(({ path }) => place + path));
  const kept = files.filter((file) => file.source === index && !gone.has(file.path));
  const plain =
    !kept.some(isAttributes) && (await kindOf(join(git.folder, "info", "attributes"))) === undefined;
  const fresh = seen.flatMap(({ mode, contents, ...rest }) =>
    mode === undefined ? [] : [{ ...rest, mode, ...(plain && contents !== undefined ? { contents } : {}) }],
  );
  return { source, place, exports: former.exports, kept, fresh, whole: false, hidden };
}

/** Whether `git archive` can be asked for just these. */
export const canExport = (paths: readonly BytePath[]): boolean =>
  paths.length <= MOST_EXPORTED.paths &&
  paths.reduce((sum, path) => sum + path.length, 0) <= MOST_EXPORTED.bytes &&
  paths.every(isText);
