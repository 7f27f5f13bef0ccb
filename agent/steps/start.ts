import { readSecret } from "../../lib/config/secrets.ts";
import { fill } from "../../lib/config/app/text.ts";
import type { ContainerEngine, ContainerSpec, Mount } from "../../lib/effects/containers/engine.ts";
import { realPath } from "../../lib/effects/folders.ts";
import { isFree } from "../../lib/effects/ports.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import type { ReleaseName } from "../../lib/schema/names.ts";
import { isAbsolute, join, relative } from "node:path";
import {
  type ContainerWork,
  engineFor,
  findContainer,
  imageOf,
  isOfContainers,
  LABELS,
  labelsOfApp,
  placeOf,
} from "../containers.ts";
import { factsFor, releasePath } from "../layout.ts";
import { waitUntilReady } from "../ready.ts";
import type { Perform } from "./step-of.ts";

/** How often another port is tried, where somebody else took it first. */
const TRIES = 3;

/** Starts the container of a release beside whatever runs, and waits until it is ready for visitors. */
export const start: Perform<"start"> = async ({ release }, work) => {
  if (!isOfContainers(work)) return;
  const engine = engineFor(work);
  if (!(await goesOn(engine, release, work))) await startNew(engine, release, work);
  const found = await findContainer(engine, work, release);
  if (found === undefined) throw new Failure("CONTAINER_ENDED", `The container of ${release} is gone`);
  await waitUntilReady(engine, found.id, await placeOf(engine, found, work), work);
};

/** Whether the container is there already, and runs. One that cannot be started any more goes, and is made anew. */
async function goesOn(engine: ContainerEngine, release: ReleaseName, work: ContainerWork): Promise<boolean> {
  const found = await findContainer(engine, work, release);
  if (found === undefined || found.running) return found !== undefined;
  try {
    await engine.start(found.id);
    return true;
  } catch (error) {
    if (work.signal.aborted) throw error;
    work.log.warn({ app: work.name, error }, `the container of ${release} is made anew: ${reasonOf(error)}`);
    await engine.remove(found.id);
    return false;
  }
}

async function startNew(engine: ContainerEngine, release: ReleaseName, work: ContainerWork): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    const spec = await specFor(engine, release, work);
    const id = await engine.create(spec);
    try {
      return await engine.start(id);
    } catch (error) {
      if (work.signal.aborted) throw error;
      await engine.remove(id);
      const taken = spec.published !== undefined && !(await isFree(spec.published));
      if (!taken || left <= 1) throw error;
    }
  }
}

async function specFor(
  engine: ContainerEngine,
  release: ReleaseName,
  work: ContainerWork,
): Promise<ContainerSpec> {
  const { app, name, state } = work;
  const image = await imageOf(work, release);
  if (image === undefined)
    throw new Failure(
      "IMAGE_UNKNOWN",
      `Cannot start ${release}: ${releasePath(work.layout, release)} names no image`,
    );
  const published = app.publish === "port" ? await portFor(engine, work) : undefined;
  const facts = factsFor(name, app, work);
  const env = Object.entries(app.env).map(([key, value]) => [
    key,
    typeof value === "string"
      ? fill(value, facts)
      : readSecret(value, `apps.${name}.env.${key}`, { state }).reveal(),
  ]);
  return {
    name: `skein-${name}-${release}`,
    image,
    labels: {
      ...labelsOfApp(work),
      [LABELS.release]: release,
      ...(published && { [LABELS.port]: String(published) }),
    },
    env: Object.fromEntries(env) as Record<string, string>,
    command: app.command,
    user: app["run-as"],
    network: app.network,
    port: app.port,
    published,
    mounts: await Promise.all(app.volumes.map((volume) => mountFor(volume, release, work))),
    memory: app.memory,
    readOnly: app["read-only"],
    drop: app.drop,
  };
}

/** A port that nobody has: nor any container that does not run just now, but may again. */
async function portFor(engine: ContainerEngine, { app }: ContainerWork): Promise<number> {
  const { from, to } = app.ports;
  const ours = await engine.list([LABELS.port]);
  const taken = new Set(ours.map(({ labels }) => Number(labels[LABELS.port])));
  const count = to - from + 1;
  // Not always the first: a visitor of the former one must not meet the next one behind the same port.
  const begin = Math.floor(Math.random() * count);
  for (let index = 0; index < count; index += 1) {
    const port = from + ((begin + index) % count);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Failure("CONTAINER_PORTS", `Cannot publish a container: no port from ${from} to ${to} is free`);
}

async function mountFor(
  { source, at, writable }: ContainerWork["app"]["volumes"][number],
  release: ReleaseName,
  work: ContainerWork,
): Promise<Mount> {
  const refuse = (why: string) =>
    new Failure("CONTAINER_VOLUME", `Cannot show ${source} to the container: ${why}`);
  const ofHost = isAbsolute(source);
  const path = ofHost
    ? fill(source, factsFor(work.name, work.app, work))
    : join(releasePath(work.layout, release), source);
  const real = await realPath(path).catch(() => {
    throw refuse(`${path} is not there`);
  });
  // By way of a link of ours it may lead to what all releases share.
  if (!ofHost && /^\.\.(\/|$)/.test(relative(await realPath(work.layout.root), real)))
    throw refuse("a link leads out of the app's folder");
  return { source: real, at, writable };
}
