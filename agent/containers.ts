import { join } from "node:path";
import { z } from "zod";
import type { AppOf } from "../lib/config/apps.ts";
import { fill } from "../lib/config/app/text.ts";
import { type ContainerEngine, engineAt, type Listed } from "../lib/effects/containers/engine.ts";
import { readIfThere, writeWhole } from "../lib/effects/files.ts";
import type { Place } from "../lib/effects/traffic/traffic.ts";
import { Failure } from "../lib/failure.ts";
import type { ReleaseName } from "../lib/schema/names.ts";
import { factsFor, releasePath } from "./layout.ts";
import type { Work } from "./work.ts";

/** The work on an app that runs in containers. */
export interface ContainerWork extends Work {
  readonly app: AppOf<"container">;
}

/** Whether an app runs in containers: only then a plan has steps for them. */
export const isOfContainers = (work: Work): work is ContainerWork => work.app.driver === "container";

/** The engine that runs an app, which gives up when the agent leaves. */
export const engineFor = (work: ContainerWork): ContainerEngine =>
  engineAt(fill(work.app.engine, factsFor(work.name, work.app, work)), work.signal);

/** What the folder of a release holds: the image by its id, for a tag may be another one tomorrow. */
const record = z.object({ image: z.string().regex(/^sha256:[0-9a-f]{64}$/) });

const FILE = "container.json";

/** Writes down which image a release is. */
export const writeImage = (folder: string, image: string): Promise<void> =>
  writeWhole(join(folder, FILE), `${JSON.stringify({ image }, undefined, 2)}\n`);

/** The image of a release; nothing where its folder does not say. */
export async function imageOf({ layout }: Work, release: ReleaseName): Promise<string | undefined> {
  const text = await readIfThere(join(releasePath(layout, release), FILE));
  try {
    return record.safeParse(JSON.parse(text ?? "")).data?.image;
  } catch {
    return undefined;
  }
}

/** What containers are known by: their names may be anybody's. */
export const LABELS = {
  app: "skein.app",
  release: "skein.release",
  root: "skein.root",
  port: "skein.port",
} as const;

/** The labels of all containers of an app in its place on this host. */
export const labelsOfApp = ({ layout, name }: Work) => ({ [LABELS.app]: name, [LABELS.root]: layout.root });

/** The container of a release, running or not. */
export async function findContainer(
  engine: ContainerEngine,
  work: ContainerWork,
  release: ReleaseName,
): Promise<Listed | undefined> {
  const [found] = await engine.list({ ...labelsOfApp(work), [LABELS.release]: release });
  return found;
}

/**
 * Where the container of a release is reached.
 * @throws {Failure} CONTAINER_ENDED where it does not run
 */
export async function placeOf(engine: ContainerEngine, found: Listed, work: ContainerWork): Promise<Place> {
  const port = Number(found.labels[LABELS.port] ?? "");
  if (port > 0) return { host: "127.0.0.1", port };
  const addresses = (await engine.inspect(found.id))?.addresses;
  const { network } = work.app;
  const host = network === undefined ? [...(addresses?.values() ?? [])][0] : addresses?.get(network);
  if (host !== undefined) return { host, port: work.app.port };
  throw new Failure(
    "CONTAINER_ENDED",
    `Cannot reach the container of ${found.labels[LABELS.release]}: it has no address`,
  );
}
