import type { App } from "../lib/config/apps.ts";
import type { HostFilter } from "../lib/schema/filter.ts";
import type { AppName } from "../lib/schema/names.ts";
import type { Release } from "../lib/security/release.ts";
import type { Seen } from "./inventory.ts";
import type { Settings } from "./settings.ts";
import { resolveArtifact } from "./target/artifact.ts";
import { resolveCommit } from "./target/git.ts";
import { resolveImage } from "./target/image.ts";
import { resolveSite } from "./target/site.ts";

/** What a person named on the command line, to be made live. */
export interface Wanted {
  readonly app: AppName;
  readonly configured: App;
  /** One word, but of a site any number of them. */
  readonly named: readonly string[];
  /** Which of its hosts are meant; all of them where nobody said. */
  readonly filter?: HostFilter | undefined;
}

/**
 * Finds the release that a person means, by full object id or digest: that is what is signed.
 * @throws {Failure} NAME_INVALID, REF_UNKNOWN, REF_AMBIGUOUS or PART_DIFFERS
 */
export async function resolveTarget(
  settings: Settings,
  { app, configured, named: words, filter }: Wanted,
  seen: readonly Seen[],
): Promise<Release> {
  const [named = ""] = words;
  switch (configured.driver) {
    case "release":
    case "checkout": {
      const { ref, revision } = await resolveCommit(
        settings,
        { app, repository: configured.repository },
        named,
        seen,
      );
      return { type: "git", commit: revision, ref };
    }
    case "artifact":
      return resolveArtifact(settings, { app, artifact: configured.artifact, named });
    case "site":
      return resolveSite(settings, { app, configured, words, filter }, seen);
    case "container":
      return "pull" in configured.image
        ? resolveImage(app, configured, named)
        : resolveArtifact(settings, { app, artifact: configured.image.artifact, named });
  }
}
