import { giveTo, removeAll } from "../../lib/effects/folders.ts";
import { unpackTar } from "../../lib/effects/tar/unpack.ts";
import { otherUser } from "../user.ts";
import { requireDownload } from "./download.ts";
import { stagingPath } from "./stage.ts";
import type { Perform } from "./step-of.ts";

/** Unpacks the archive under a temporary name, once all of it is known to be what was signed. */
export const unpack: Perform<"unpack"> = async ({ revision, release }, { app, layout }) => {
  if (app.driver !== "artifact") return;
  const staging = stagingPath(layout, release);
  await removeAll(staging);
  const archive = await requireDownload(layout, revision);
  await unpackTar(archive, staging, { ...app.artifact.limits, symlinks: app.symlinks });
  const user = otherUser(app);
  if (user !== undefined) await giveTo(user, staging);
};
