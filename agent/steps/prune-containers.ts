import { namesIn } from "../../lib/effects/folders.ts";
import { reasonOf } from "../../lib/failure.ts";
import { releaseName, type ReleaseName } from "../../lib/schema/names.ts";
import { type ContainerWork, engineFor, imageOf, LABELS, labelsOfApp } from "../containers.ts";

/**
 * Takes away the containers and images of releases that go, before their folders do, and containers whose release is gone.
 * One that runs and is not live was left by a deploy that was killed. It can never fail a deploy.
 */
export async function pruneContainers(
  going: readonly ReleaseName[],
  live: ReleaseName | undefined,
  work: ContainerWork,
): Promise<void> {
  const { app, layout, log, name } = work;
  try {
    const engine = engineFor(work);
    const gone = new Set<string>(going.filter((release) => release !== live));
    const staying = (await namesIn(layout.releases)).filter((release) => !gone.has(release));
    for (const { id, running, labels } of await engine.list(labelsOfApp(work))) {
      const release = labels[LABELS.release] ?? "";
      if (release === live) continue;
      if (running) await engine.stop(id, app["stop-timeout"]);
      if (!staying.includes(release)) await engine.remove(id);
    }
    const images = async (releases: Iterable<string>) => {
      const found = await Promise.all(
        [...releases].map((each) => imageOf(work, releaseName.catch("" as ReleaseName).parse(each))),
      );
      return new Set(found.filter((image) => image !== undefined));
    };
    const needed = await images(staying);
    for (const image of await images(gone)) if (!needed.has(image)) await engine.removeImage(image);
  } catch (error) {
    log.warn({ app: name, error }, `old containers of ${name} stay: ${reasonOf(error)}`);
  }
}
