import type { SharedSettings } from "../../lib/config/settings.ts";
import { pause } from "../../lib/effects/clock.ts";
import type { Git, Mirrors } from "../../lib/effects/git.ts";
import { Failure } from "../../lib/failure.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import { isOfSvn, type Revision, shortRevision } from "../../lib/schema/names.ts";

/** How long to wait before each new try of a fetch, in milliseconds. */
export const DELAYS: readonly number[] = [1_000, 5_000, 15_000];

interface Where {
  readonly mirrors: Mirrors;
  readonly repositories: SharedSettings["repositories"];
  readonly delays: readonly number[];
  readonly signal: AbortSignal;
}

/**
 * The commit of a build, and the mirror that has it. Anybody on the bus may ask for a build: what is built is decided here, by the
 * configuration and by what was pushed.
 * @throws {Failure} REPOSITORY_UNKNOWN, REF_UNKNOWN or MIRROR_UNREACHABLE
 */
export async function sourceOf(
  { repository, revision }: Data<"build.requested">,
  { mirrors, repositories, delays, signal }: Where,
): Promise<{ readonly mirror: Git; readonly commit: Revision }> {
  if (!Object.hasOwn(repositories, repository) || repositories[repository]?.ci !== true)
    throw new Failure(
      "REPOSITORY_UNKNOWN",
      `Cannot build ${repository}: no repository of that name has \`ci: true\``,
    );
  if (isOfSvn(revision))
    throw new Failure(
      "REPOSITORY_INVALID",
      `Cannot build ${repository}: the built-in runner builds from git only`,
    );
  const source = { mirror: mirrors.of(repository), commit: revision };
  const { mirror } = source;
  const isThere = async () => (await mirror.refsContaining(revision).catch(() => [])).length > 0;
  if (await isThere()) return source;
  await patiently(() => mirrors.fetch(repository), delays, signal);
  if (await isThere()) return source;
  throw new Failure(
    "REF_UNKNOWN",
    `Cannot build ${shortRevision(revision)}: no branch or tag of ${repository} leads to it (any more)`,
  );
}

async function patiently<Result>(
  work: () => Promise<Result>,
  delays: readonly number[],
  signal: AbortSignal,
): Promise<Result> {
  for (const delay of delays) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure && error.transient) || signal.aborted) throw error;
      await pause(delay, signal);
    }
  }
  return work();
}
