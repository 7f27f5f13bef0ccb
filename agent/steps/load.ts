import { readSecret } from "../../lib/config/secrets.ts";
import { imageBytes, imageIn } from "../../lib/effects/containers/archive.ts";
import type { ContainerEngine } from "../../lib/effects/containers/engine.ts";
import { makeFolder } from "../../lib/effects/files.ts";
import { removeAll } from "../../lib/effects/folders.ts";
import { Failure } from "../../lib/failure.ts";
import type { Revision } from "../../lib/schema/names.ts";
import { type ContainerWork, engineFor, isOfContainers, writeImage } from "../containers.ts";
import { requireDownload } from "./download.ts";
import { stagingPath } from "./stage.ts";
import type { Perform } from "./step-of.ts";

/** Has the engine take the image, once all of it is known to be what was signed, and writes its id into the release. */
export const load: Perform<"load"> = async ({ revision, release }, work) => {
  if (!isOfContainers(work)) return;
  const { layout } = work;
  const staging = stagingPath(layout, release);
  await removeAll(staging);
  const engine = engineFor(work);
  const image =
    "pull" in work.app.image ? await pulled(engine, revision, work) : await loaded(engine, revision, work);
  await makeFolder(staging);
  await writeImage(staging, image);
};

async function loaded(
  engine: ContainerEngine,
  revision: Revision,
  { app, layout }: ContainerWork,
): Promise<string> {
  if (!("artifact" in app.image)) throw unknown(revision);
  const { size } = app.image.artifact.limits;
  const archive = await requireDownload(layout, revision);
  const id = await imageIn(archive, size);
  if ((await engine.imageId(id)) === id) return id;
  await engine.load(imageBytes(archive, size), app["load-timeout"]);
  const found = await engine.imageId(id);
  if (found === undefined) throw unknown(id);
  return found;
}

async function pulled(
  engine: ContainerEngine,
  revision: Revision,
  { app, name, state }: ContainerWork,
): Promise<string> {
  if (!("pull" in app.image)) throw unknown(revision);
  const { pull, login } = app.image;
  const full = `${pull}@sha256:${revision}`;
  const there = await engine.imageId(full);
  if (there !== undefined) return there;
  const known = login && {
    user: login.user,
    password: readSecret(login.password, `apps.${name}.image.login`, { state }).reveal(),
  };
  await engine.pull({ name: pull, digest: `sha256:${revision}`, login: known }, app["load-timeout"]);
  const found = await engine.imageId(full);
  if (found === undefined) throw unknown(full);
  return found;
}

const unknown = (image: string): Failure =>
  new Failure(
    "IMAGE_UNKNOWN",
    `Cannot prepare the release: the container engine took the image, but has no ${image}`,
  );
