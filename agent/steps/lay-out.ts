import { join } from "node:path";
import { layOut as layOutTree } from "../../lib/effects/git.ts";
import { treeOf, writerOf } from "../tree.ts";
import type { Perform } from "./step-of.ts";

/** Makes the folder of a checkout hold the files of the revision; those that git does not know stay. */
export const layOut: Perform<"lay-out"> = async ({ repository, revision, former }, work) => {
  const writer = await writerOf(work);
  const mirror = work.mirrors.of(repository);
  // A former commit that the mirror lost leaves files behind, and stops nothing.
  const known = former !== null && (await mirror.has(former)) ? former : undefined;
  // An index of its own each time: a git that was killed leaves no lock that stops the next one.
  await writer.withFolder(work.layout.own, (folder) =>
    layOutTree(mirror, {
      commit: revision,
      into: treeOf(work),
      index: join(folder, "index"),
      former: known,
      through: writer.through,
    }),
  );
};
