import { pause } from "../lib/effects/clock.ts";
import { Failure } from "../lib/failure.ts";
import { type RepositoryName, type Revision, shortRevision } from "../lib/schema/names.ts";
import type { Ledger } from "../lib/store/ledger.ts";
import { note } from "./output.ts";

/** How long a build that nobody has heard of is waited for, and one that has begun, in milliseconds. */
const UNHEARD = 20_000;
const BEGUN = 60 * 60_000;

/**
 * Waits until the build of a revision has ended.
 * @throws {Failure} BUILD_NOT_PASSED where it did not pass, or where there is none
 */
export async function waitForBuild(
  ledger: Ledger,
  repository: RepositoryName,
  revision: Revision,
): Promise<void> {
  const begun = Date.now();
  for (let first = true; ; first = false) {
    const build = await ledger.buildOf(repository, revision);
    if (build?.outcome === "passed") return;
    if (build !== undefined) {
      throw new Failure(
        "BUILD_NOT_PASSED",
        `Cannot deploy ${shortRevision(revision)}: its build ${build.outcome}${build.reason === undefined ? "" : `: ${build.reason}`}`,
      );
    }
    const heard = await ledger.isBuilt(repository, revision);
    if (Date.now() - begun > (heard ? BEGUN : UNHEARD))
      throw new Failure(
        "BUILD_NOT_PASSED",
        `Cannot deploy ${shortRevision(revision)}: ${heard ? "its build has not ended" : "no build of it has begun; only a push begins one, where the repository has `ci: true` or a job builds it"}`,
      );
    if (first) note(`waiting for the build of ${shortRevision(revision)}`);
    await pause(200);
  }
}
