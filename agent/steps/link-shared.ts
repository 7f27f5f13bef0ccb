import { basename, dirname, join, relative } from "node:path";
import { kindOf, makeFolder, pointLink } from "../../lib/effects/files.ts";
import { giveTo, linkTarget, removeAll } from "../../lib/effects/folders.ts";
import { folderInside } from "../inside.ts";
import { releasePath } from "../layout.ts";
import { otherUser } from "../user.ts";
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
  const user = otherUser(app);
  if (user !== undefined) await giveTo(user, layout.shared);
}

async function linkInto(tree: string, path: string, shared: string): Promise<void> {
  const link = join(tree, path);
  const folder = await folderInside(tree, path);
  const target = relative(folder, join(shared, path));
  if ((await linkTarget(link)) === target) return;
  await removeAll(link);
  await pointLink(link, target);
}
