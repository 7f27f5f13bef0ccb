import { digestOfFile } from "../../lib/effects/digest.ts";
import { giveTo, removeAll } from "../../lib/effects/folders.ts";
import { isRoot } from "../../lib/effects/processes.ts";
import { unpackTar } from "../../lib/effects/tar/unpack.ts";
import { Failure } from "../../lib/failure.ts";
import { downloadPath } from "./download.ts";
import { stagingPath } from "./stage.ts";
import type { Perform } from "./step-of.ts";

/** Unpacks the archive under a temporary name, once all of it is known to be what was signed. */
export const unpack: Perform<"unpack"> = async ({ revision, release }, { app, layout }) => {
  if (app.driver !== "artifact") return;
  const archive = downloadPath(layout, revision);
  const staging = stagingPath(layout, release);
  await removeAll(staging);
  const { sha256 } = await digestOfFile(archive);
  if (sha256 !== revision) {
    // The next deploy fetches it anew.
    await removeAll(archive);
    throw new Failure("E_DIGEST", `Cannot unpack ${archive}: its SHA-256 is ${sha256}, not ${revision}`);
  }
  await unpackTar(archive, staging, { ...app.artifact.limits, symlinks: app.symlinks });
  if (app.user !== undefined && isRoot()) await giveTo(app.user, staging);
};
