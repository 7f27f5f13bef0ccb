import { lineOfApp } from "../../lib/artifacts/line.ts";
import { openStore } from "../../lib/artifacts/open.ts";
import type { AppOf } from "../../lib/config/apps.ts";
import { artifactInRef, artifactVersion, refOfArtifact, targetName } from "../../lib/schema/artifacts.ts";
import { type AppName, artifactRef } from "../../lib/schema/names.ts";
import { type Release, release } from "../../lib/security/release.ts";
import { parsed } from "../parsed.ts";
import type { Settings } from "../settings.ts";

interface Wanted {
  readonly app: AppName;
  readonly artifact: AppOf<"artifact">["artifact"];
  readonly named: string;
}

/**
 * Finds the version that a person means, and the digest of it: `latest`, a version, or `refs/artifacts/TARGET/VERSION`.
 * @throws {Failure} NAME_INVALID, ARTIFACT_UNKNOWN, or what the store says
 */
export async function resolveArtifact(
  settings: Settings,
  { app, artifact, named }: Wanted,
): Promise<Release> {
  const full = named.startsWith("refs/");
  const ref = full ? artifactInRef(parsed(artifactRef, named, "a version")) : undefined;
  const line = lineOfApp(app, { artifact }, ref?.target ?? targetName.parse(artifact.target));
  const store = openStore(settings, artifact.store);
  const version =
    ref?.version ??
    (named === "latest" ? await store.latest(line) : parsed(artifactVersion, named, "a version"));
  const { sha256 } = await store.describe(line, version);
  return release.parse({ type: "artifact", digest: sha256, ref: refOfArtifact(line.target, version) });
}
