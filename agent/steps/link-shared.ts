import { basename, dirname, join, relative, sep } from "node:path";
import { kindOf, makeFolder, pointLink } from "../../lib/effects/files.ts";
import { giveTo, linkTarget, realPath, removeAll } from "../../lib/effects/folders.ts";
import { isRoot } from "../../lib/effects/processes.ts";
import { Failure } from "../../lib/failure.ts";
import { releasePath } from "../layout.ts";
import type { Work } from "../work.ts";
import type { Perform } from "./step-of.ts";

/** Links what outlives releases into this one, in the place of what the revision has there. */
export const linkShared: Perform<"link-shared"> = async ({ release }, work) => {
  const tree = releasePath(work.layout, release);
  for (const path of work.app.shared) {
    await provide(join(work.layout.shared, path), work);
    await linkInto(tree, path, work.layout.shared);
  }
};

/** A shared folder is made where it is missing. A name with a dot is a file's: whoever writes it comes later. */
async function provide(shared: string, { app, layout }: Work): Promise<void> {
  const isFile = basename(shared).includes(".");
  const wanted = isFile ? dirname(shared) : shared;
  if ((await kindOf(wanted)) !== undefined) return;
  await makeFolder(wanted);
  if (app.user !== undefined && isRoot()) await giveTo(app.user, layout.shared);
}

async function linkInto(tree: string, path: string, shared: string): Promise<void> {
  const link = join(tree, path);
  await makeFolder(dirname(link));
  const folder = await realPath(dirname(link));
  const inside = relative(await realPath(tree), folder);
  if (inside === ".." || inside.startsWith(`..${sep}`))
    throw new Failure(
      "TREE_SYMLINK",
      `Cannot link ${path}: it lies behind a link that leads out of the release`,
    );
  const target = relative(folder, join(shared, path));
  if ((await linkTarget(link)) === target) return;
  await removeAll(link);
  await pointLink(link, target);
}
