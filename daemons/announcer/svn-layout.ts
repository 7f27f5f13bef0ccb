import type { Change } from "../../lib/effects/svn.ts";

/** A line of development in a repository of Subversion: a trunk, a branch or a tag, perhaps of one project of several. */
export interface Line {
  /** Its folder, with no slash at its end; empty where it is the whole repository. */
  readonly path: string;
  /** The folder that the trunk, the branches and the tags are in; empty where they are at the top. */
  readonly project: string;
  /** As git would call it. Whatever a folder may be called: not a RefName yet. */
  readonly ref: string;
}

/** What a revision did to a line. */
export interface Touched extends Line {
  readonly change: "created" | "updated" | "forced" | "deleted";
}

/** Asks which folders are in a folder: as they are now, or as they were before the revision. */
export type Folders = (when: "before" | "now", path: string) => Promise<readonly string[]>;

const isOfLayout = (name: string): boolean => ["trunk", "branches", "tags"].includes(name);
/** The whole of a repository that has no trunk. */
const WHOLE: Line = { path: "", project: "", ref: "refs/heads/trunk" };

/** How far below a copied or deleted folder lines are looked for: `group/project/branches/NAME`. */
const DEEPEST = 3;
/** As many folders of a repository are looked into to learn whether it has a trunk anywhere. */
const MOST_PROJECTS = 100;

/**
 * Which lines a revision touched, and paths that it changed outside of all of them. A repository that has no trunk, no branches
 * and no tags is one line.
 */
export async function linesOf(
  changes: readonly Change[],
  folders: Folders,
): Promise<{ readonly touched: readonly Touched[]; readonly outside: readonly string[] }> {
  const notes = new Map<string, { readonly line: Line; readonly did: Set<Change["did"]> }>();
  const note = (line: Line, did: Change["did"]) => {
    const known = notes.get(line.path) ?? { line, did: new Set() };
    notes.set(line.path, { ...known, did: known.did.add(did) });
  };
  const strange: string[] = [];
  for (const { path, did } of changes) {
    const place = placeOf(path);
    if (place.line !== undefined) {
      note(place.line, isWhole(path, place.line) ? did : "changed");
      continue;
    }
    const below = await linesBelow(path, did, folders);
    for (const line of below) note(line, did);
    if (below.length === 0 && !place.container) strange.push(path);
  }
  const touched = [...notes.values()].map(({ line, did }): Touched => ({ ...line, change: changeBy(did) }));
  // A folder that was made for what is in it is told of by that.
  const outside = strange.filter(
    (path) =>
      !(path.endsWith("/") && changes.some((each) => each.path !== path && each.path.startsWith(path))),
  );
  if (outside.length === 0 || touched.length > 0 || (await hasLayout(folders))) return { touched, outside };
  return { touched: [{ ...WHOLE, change: "updated" }], outside: [] };
}

const isWhole = (path: string, line: Line): boolean => path === `${line.path}/`;

function changeBy(did: ReadonlySet<Change["did"]>): Touched["change"] {
  const added = did.has("added") || did.has("copied");
  if (did.has("deleted")) return added ? "forced" : "deleted";
  return added ? "created" : "updated";
}

/** Which line a path is in, by the names of the folders above it: the first of them counts. */
export function placeOf(path: string): { readonly line?: Line; readonly container: boolean } {
  // What a file is called says nothing.
  const above = path.split("/").slice(0, -1);
  const at = above.findIndex(isOfLayout);
  if (at < 0) return { container: false };
  const project = above.slice(0, at).join("/");
  const [kind = "", name] = above.slice(at);
  if (kind === "trunk")
    return { line: lineAt(above.slice(0, at + 1), project, "refs/heads/trunk"), container: false };
  if (name === undefined) return { container: path.endsWith(`${kind}/`) };
  const ref = kind === "tags" ? `refs/tags/${name}` : `refs/heads/${name}`;
  return { line: lineAt(above.slice(0, at + 2), project, ref), container: false };
}

const lineAt = (folders: readonly string[], project: string, ref: string): Line => ({
  path: folders.join("/"),
  project,
  ref,
});

/** A folder that is copied or deleted is one change, whatever is in it. */
async function linesBelow(path: string, did: Change["did"], folders: Folders): Promise<Line[]> {
  if (!path.endsWith("/") || (did !== "copied" && did !== "deleted")) return [];
  return linesIn(path, did === "deleted" ? "before" : "now", folders, DEEPEST);
}

async function linesIn(
  folder: string,
  when: "before" | "now",
  folders: Folders,
  deep: number,
): Promise<Line[]> {
  const found: Line[] = [];
  const names = await folders(when, folder);
  const laidOut = names.some(isOfLayout);
  for (const name of names.slice(0, MOST_PROJECTS)) {
    const place = placeOf(`${folder}${name}/`);
    if (place.line !== undefined) found.push(place.line);
    // Beside a trunk are no projects.
    else if (place.container || (!laidOut && deep > 0))
      found.push(...(await linesIn(`${folder}${name}/`, when, folders, deep - 1)));
  }
  return found;
}

/** Whether there is a trunk, or the folder of branches or tags, at the top or in any folder there. */
async function hasLayout(folders: Folders): Promise<boolean> {
  const top = await folders("now", "");
  if (top.some(isOfLayout)) return true;
  for (const name of top.slice(0, MOST_PROJECTS))
    if ((await folders("now", `${name}/`)).some(isOfLayout)) return true;
  return false;
}
