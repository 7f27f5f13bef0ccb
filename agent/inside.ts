import { dirname, join, relative, sep } from "node:path";
import { makeFolder } from "../lib/effects/files.ts";
import { realPath } from "../lib/effects/folders.ts";
import { Failure } from "../lib/failure.ts";

/**
 * The folder that something of a release is to be put into, made where it is missing; a path without any link in it.
 * @throws {Failure} TREE_SYMLINK where a link of the release leads out of it on the way
 */
export async function folderInside(tree: string, path: string): Promise<string> {
  const folder = dirname(join(tree, path));
  const top = await realPath(tree);
  requireInside(top, await nearest(folder), path);
  await makeFolder(folder);
  return requireInside(top, await realPath(folder), path);
}

/** What there is of a path already: nothing may be made behind a link that leads out. */
async function nearest(folder: string): Promise<string> {
  try {
    return await realPath(folder);
  } catch {
    return nearest(dirname(folder));
  }
}

function requireInside(top: string, folder: string, path: string): string {
  const inside = relative(top, folder);
  if (inside !== ".." && !inside.startsWith(`..${sep}`)) return folder;
  throw new Failure(
    "TREE_SYMLINK",
    `Cannot put ${path} into the release: it lies behind a link that leads out of it`,
  );
}
