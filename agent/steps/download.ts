import { join } from "node:path";
import type { App, AppOf } from "../../lib/config/apps.ts";
import { lineOfApp } from "../../lib/artifacts/line.ts";
import { verifyArtifact } from "../../lib/artifacts/verify.ts";
import type { Stored } from "../../lib/artifacts/store.ts";
import { digestOfFile } from "../../lib/effects/digest.ts";
import { kindOf, makeFolder } from "../../lib/effects/files.ts";
import { removeAll } from "../../lib/effects/folders.ts";
import { receive } from "../../lib/effects/stores/receive.ts";
import { Failure } from "../../lib/failure.ts";
import type { Revision } from "../../lib/schema/names.ts";
import type { Layout } from "../layout.ts";
import type { Perform } from "./step-of.ts";

/** Where an archive lies on this host. */
const downloadPath = (layout: Layout, revision: Revision): string => join(layout.downloads, revision);

/** Fetches the archive that was signed. What the store has under its name must be just that: a name alone proves nothing. */
export const download: Perform<"download"> = async ({ target, version, revision }, work) => {
  const { app, name, layout, stores, trust, now } = work;
  const artifact = artifactOf(app);
  if (artifact === undefined) return;
  const { store: named, verify, compat, limits } = artifact;
  const line = lineOfApp(name, { artifact }, target);
  const store = stores(named);
  const stored = await store.describe(line, version);
  const what = `version ${version} of ${line.app}/${target}/${line.artifact}`;
  if (stored.sha256 !== revision)
    throw new Failure(
      "E_DIGEST",
      `Cannot take ${what}: ${store.place} has one of SHA-256 ${stored.sha256}, and ${revision} was signed`,
    );
  verifyArtifact(stored, verify, { trust: trust.current, now: now() });
  requireCompat(stored, compat, what);
  const path = downloadPath(layout, revision);
  if ((await kindOf(path)) === "file" && (await digestOfFile(path)).sha256 === revision) return;
  await makeFolder(layout.downloads, 0o700);
  await receive((from) => store.open(line, version, from), path, {
    what,
    sha256: revision,
    most: limits.size,
  });
};

/**
 * Where an archive lies that is still what was signed.
 * @throws {Failure} E_DIGEST where it is not: the next deploy fetches it anew
 */
export async function requireDownload(layout: Layout, revision: Revision): Promise<string> {
  const archive = downloadPath(layout, revision);
  const { sha256 } = await digestOfFile(archive);
  if (sha256 === revision) return archive;
  await removeAll(archive);
  throw new Failure("E_DIGEST", `Cannot unpack ${archive}: its SHA-256 is ${sha256}, not ${revision}`);
}

/** The artifact that an app is made of, or that holds its image. */
function artifactOf(app: App): AppOf<"artifact">["artifact"] | undefined {
  if (app.driver === "artifact") return app.artifact;
  return app.driver === "container" && "artifact" in app.image ? app.image.artifact : undefined;
}

/** What is not said of an artifact counts as level 1, as it did for yodeploy. */
function requireCompat({ metadata }: Stored, taken: readonly number[] | undefined, what: string): void {
  const level = Number(metadata["deploy_compat"] ?? 1);
  if (taken === undefined || taken.includes(level)) return;
  throw new Failure(
    "ARTIFACT_COMPAT",
    `Cannot take ${what}: its level of deploy_compat is ${level}, not ${taken.join(" or ")}`,
  );
}
