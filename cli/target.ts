import type { App } from "../lib/config/apps.ts";
import { Failure } from "../lib/failure.ts";
import type { AppName } from "../lib/schema/names.ts";
import type { Release } from "../lib/security/release.ts";
import type { Seen } from "./inventory.ts";
import type { Settings } from "./settings.ts";
import { resolveArtifact } from "./target/artifact.ts";
import { resolveCommit } from "./target/git.ts";
import { resolveSite } from "./target/site.ts";

/** What a person named on the command line, to be made live. */
export interface Wanted {
  readonly app: AppName;
  readonly configured: App;
  /** One word, but of a site any number of them. */
  readonly named: readonly string[];
}

/**
 * Finds the release that a person means, by full object id or digest: that is what is signed.
 * @throws {Failure} NAME_INVALID, REF_UNKNOWN or REF_AMBIGUOUS
 */
export async function resolveTarget(
  settings: Settings,
  { app, configured, named: words }: Wanted,
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
      return resolveArtifact(settings, { app, configured, named });
    case "site":
      return resolveSite(settings, { app, configured, words }, seen);
    case "container":
      throw new Failure("CONFIG_INVALID", `Cannot deploy ${app}: there is no driver ${configured.driver}`);
  }
}
