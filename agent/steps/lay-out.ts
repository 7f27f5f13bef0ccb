import { join } from "node:path";
import { fill } from "../../lib/config/app/text.ts";
import { type Actor, actingAs, ourselves } from "../../lib/effects/acting.ts";
import { kindOf } from "../../lib/effects/files.ts";
import { layOut as layOutTree } from "../../lib/effects/git.ts";
import { isRoot } from "../../lib/effects/processes.ts";
import { Failure } from "../../lib/failure.ts";
import { factsFor } from "../layout.ts";
import type { Perform } from "./step-of.ts";

/** Makes the folder of a checkout hold the files of the revision; those that git does not know stay. */
export const layOut: Perform<"lay-out"> = async ({ repository, revision, former }, work) => {
  const { app, name, mirrors, layout } = work;
  if (app.driver !== "checkout") return;
  const into = fill(app.tree, factsFor(name, app, work));
  if ((await kindOf(into)) !== "folder")
    throw new Failure("CHECKOUT_TREE", `Cannot check ${name} out: ${into} is not a folder`);
  const actor: Actor = app.user !== undefined && isRoot() ? await actingAs(app.user) : ourselves;
  const mirror = mirrors.of(repository);
  // A former commit that the mirror lost leaves files behind, and stops nothing.
  const known = former !== null && (await mirror.has(former)) ? former : undefined;
  // An index of its own each time: a git that was killed leaves no lock that stops the next one.
  await actor.withFolder(layout.own, (folder) =>
    layOutTree(mirror, {
      commit: revision,
      into,
      index: join(folder, "index"),
      former: known,
      through: actor.through,
    }),
  );
};
