import { join } from "node:path";
import { namesIn, removeAll, removeWhole } from "../../lib/effects/folders.ts";
import { reasonOf } from "../../lib/failure.ts";
import { revisionOf } from "../../lib/security/release.ts";
import { isOfContainers } from "../containers.ts";
import { readHistory, trimHistory } from "../history.ts";
import { releasePath } from "../layout.ts";
import { publishedIn } from "../state.ts";
import type { Work } from "../work.ts";
import { pruneContainers } from "./prune-containers.ts";
import type { Perform } from "./step-of.ts";

/** Removes what is needed no more. It can never fail a deploy: what stays goes another time. */
export const prune: Perform<"prune"> = async ({ releases }, work) => {
  const { layout, log } = work;
  try {
    const live = await publishedIn(layout);
    if (isOfContainers(work)) await pruneContainers(releases, live, work);
    for (const release of releases) {
      if (live !== release) await removeWhole(releasePath(layout, release));
    }
    for (const path of await leftovers(work)) await removeAll(path);
    await trimHistory(layout);
  } catch (error) {
    log.warn({ app: work.name, error }, `old releases of ${work.name} stay: ${reasonOf(error)}`);
  }
};

/** As many rollouts can be asked for all that their programs printed. */
const KEPT_LOGS = 10;

/** What deploys that were killed left behind, and the jobs of those that ended long ago. */
async function leftovers({ layout, request }: Work): Promise<readonly string[]> {
  const folders = [layout.releases, layout.root, layout.jobs, layout.downloads, layout.records];
  const [releases, root, jobs, downloads, records] = await Promise.all(folders.map(namesIn));
  const there = new Set(releases);
  const wanted = revisionOf(request.command.release);
  const lately = (await readHistory(layout)).toReversed().map(({ rollout }) => rollout);
  const logged = [...new Set([request.command.id, ...lately])].slice(0, KEPT_LOGS);
  return [
    ...(releases ?? []).filter((name) => name.startsWith(".tmp-")).map((name) => join(layout.releases, name)),
    ...(root ?? [])
      .filter((name) => /^\.current\..*\.tmp$/.test(name))
      .map((name) => join(layout.root, name)),
    ...(records ?? []).filter((name) => !there.has(name)).map((name) => join(layout.records, name)),
    ...(downloads ?? [])
      .filter((name) => !name.startsWith(wanted))
      .map((name) => join(layout.downloads, name)),
    ...(jobs ?? [])
      .filter((name) => !logged.some((rollout) => name.startsWith(rollout)))
      .map((name) => join(layout.jobs, name)),
  ];
}
