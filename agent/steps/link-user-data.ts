import { basename, join } from "node:path";
import { fill } from "../../lib/config/app/text.ts";
import { kindOf, pointLink } from "../../lib/effects/files.ts";
import { linkTarget, removeAll } from "../../lib/effects/folders.ts";
import { Failure } from "../../lib/failure.ts";
import { folderInside } from "../inside.ts";
import { factsFor, releasePath } from "../layout.ts";
import type { Perform } from "./step-of.ts";

/** Links what lies elsewhere on the host into this release, in the place of what the revision has there. */
export const linkUserData: Perform<"link-user-data"> = async ({ release }, work) => {
  const { app, name, layout } = work;
  if (app.driver !== "site") return;
  const tree = releasePath(layout, release);
  for (const { source, at } of app["user-data"]) {
    const target = fill(source, factsFor(name, app, work));
    if ((await kindOf(target)) === undefined)
      throw new Failure("USER_DATA_MISSING", `Cannot link ${at}: ${target} is not there`);
    const link = join(await folderInside(tree, at), basename(at));
    if ((await linkTarget(link)) === target) continue;
    await removeAll(link);
    await pointLink(link, target);
  }
};
