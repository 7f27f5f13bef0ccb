import { join } from "node:path";
import { layOut as layOutTree } from "../../lib/effects/git.ts";
import { mended } from "../mended.ts";
import { treeOf, writerOf } from "../tree.ts";
import { knownIn, requireUnblocked } from "./require-tree.ts";
import type { Perform } from "./step-of.ts";

/** Makes the folder of a checkout hold the files of the revision; those that git does not know stay. */
export const layOut: Perform<"lay-out"> = (step, work) =>
  mended([step.repository], work, () => layDown(step, work));

const layDown: Perform<"lay-out"> = async ({ repository, revision, former }, work) => {
  const writer = await writerOf(work);
  // On the way back it stands there since a moment ago, and visitors wait.
  if (work.part === "go") await requireUnblocked({ repository, revision, former }, work);
  const mirror = work.mirrors.of(repository);
  const known = await knownIn(mirror, former);
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
