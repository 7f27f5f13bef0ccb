import { basename, join } from "node:path";
import type { Configure } from "../../lib/config/app/configure.ts";
import { fill } from "../../lib/config/app/text.ts";
import { readIfThere, writeWhole } from "../../lib/effects/files.ts";
import { ownershipOf, realPath } from "../../lib/effects/folders.ts";
import { readLayers } from "../../lib/effects/layers.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { subsetOf, valueAt } from "../../lib/layers/dotted.ts";
import { smush } from "../../lib/layers/merge.ts";
import { plainOf } from "../../lib/layers/plain.ts";
import { type Problem, requireNone } from "../../lib/layers/problem.ts";
import { readLayer, requireReadable } from "../../lib/layers/read.ts";
import { sourcesOf } from "../../lib/layers/sources.ts";
import { type Dict, dictOf, NOWHERE, type SecretValue } from "../../lib/layers/value.ts";
import { leavesOf, openIn } from "../../lib/layers/whole.ts";
import { envOf } from "../../lib/layers/write/env.ts";
import { jsonOf } from "../../lib/layers/write/json.ts";
import { yamlOf } from "../../lib/layers/write/yaml.ts";
import { strictlyFilled } from "../../lib/template.ts";
import { folderInside } from "../inside.ts";
import { factsFor, releasePath } from "../layout.ts";
import { revealAll } from "../revealed.ts";
import type { Work } from "../work.ts";
import type { Perform } from "./step-of.ts";

type Reveal = (secret: SecretValue) => string;

/** Writes what the app's layers come to into the release. */
export const configure: Perform<"configure"> = async ({ release }, work) => {
  const { app, layout } = work;
  if (app.configure === undefined) return;
  const tree = releasePath(layout, release);
  const whole = await wholeOf(app.configure, tree, work);
  const reveal = await revealAll(whole, work);
  for (const each of app.configure.write) {
    const shown = each.public ? publicOf(whole, app.configure) : whole;
    await put(tree, each.to, textOf(shown, each.format, reveal), modeFor(each.mode, shown));
  }
  const view = {
    conf: plainOf(whole, reveal),
    aconf: plainOf(valueAt(whole, work.name) ?? dictOf([]), reveal),
    cconf: plainOf(valueAt(whole, "common") ?? dictOf([]), reveal),
  };
  for (const { from, to, mode } of app.configure.templates) {
    const text = await templateIn(tree, from);
    await put(tree, to, strictlyFilled(text, from, view), modeFor(mode, whole));
  }
};

/** All layers of the app on this host, laid over each other. */
async function wholeOf(wanted: Configure, tree: string, { name, app, host, labels }: Work): Promise<Dict> {
  const facts = factsFor(name, app, { host, labels });
  const sources = sourcesOf({
    app: name,
    environment: app.environment,
    cluster: wanted.cluster && fill(wanted.cluster, facts),
    host,
    folders: wanted.folders.map((folder) => fill(folder, facts)),
    appFolder: join(tree, wanted["app-folder"]),
  });
  const texts = await readLayers(sources).catch((error: unknown) => {
    throw new Failure("LAYER_INVALID", `Cannot read the layers of ${name}: ${reasonOf(error)}`);
  });
  const layers = texts.map(({ path, text }) => readLayer(text, path));
  requireReadable(layers);
  const about = dictOf([["app", { kind: "str", value: name, at: NOWHERE }]]);
  const { whole, problems } = smush(
    layers.map(({ top }) => top),
    dictOf([["yoconfigurator", about]]),
  );
  requireNone(problems);
  requireNone(openIn(whole), "LAYER_OPEN");
  return whole;
}

function publicOf(whole: Dict, { public: keys }: Configure): Dict {
  const problems: Problem[] = [];
  const subset = subsetOf(whole, keys, problems);
  requireNone(problems);
  return subset;
}

function textOf(whole: Dict, format: "json" | "yaml" | "env", reveal: Reveal): string {
  if (format === "json") return jsonOf(whole, reveal);
  if (format === "yaml") return yamlOf(whole, reveal);
  const problems: Problem[] = [];
  const text = envOf(whole, reveal, problems);
  requireNone(problems);
  return text;
}

/** What holds a secret is not for everybody, unless somebody says that it is. */
const modeFor = (said: string | undefined, whole: Dict): number =>
  said === undefined
    ? [...leavesOf(whole)].some(([, { kind }]) => kind === "secret")
      ? 0o640
      : 0o644
    : Number.parseInt(said, 8);

async function templateIn(tree: string, from: string): Promise<string> {
  const folder = await folderInside(tree, from);
  const text = await readIfThere(
    await realPath(join(folder, basename(from))).catch(() => join(folder, basename(from))),
  );
  if (text !== undefined) return text;
  throw new Failure("TEMPLATE_INVALID", `Cannot fill in ${from}: the release has no such file`);
}

/** A new file in the place of whatever is there: nothing that is shared with another release is written into. */
async function put(tree: string, path: string, text: string, mode: number): Promise<void> {
  const folder = await folderInside(tree, path);
  await writeWhole(join(folder, basename(path)), text, mode, await ownershipOf(tree));
}
