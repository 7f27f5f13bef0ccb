import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readLayers } from "../../lib/effects/layers.ts";
import { hostOfMachine } from "../../lib/config/load.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { lackOf, subsetOf, valueAt } from "../../lib/layers/dotted.ts";
import { smush } from "../../lib/layers/merge.ts";
import { type Problem, requireNone } from "../../lib/layers/problem.ts";
import { type Layer, readLayer, requireReadable } from "../../lib/layers/read.ts";
import { sourcesOf } from "../../lib/layers/sources.ts";
import { type Dict, dictOf, NOWHERE, placeIn, type Value } from "../../lib/layers/value.ts";
import { openIn } from "../../lib/layers/whole.ts";
import { trailOf } from "../../lib/layers/why.ts";
import { envOf } from "../../lib/layers/write/env.ts";
import { HIDDEN, jsonLineOf, jsonOf } from "../../lib/layers/write/json.ts";
import { yamlOf } from "../../lib/layers/write/yaml.ts";
import { safeText } from "../../lib/safe-text.ts";
import { appName } from "../../lib/schema/names.ts";
import { defineCommand } from "../command.ts";
import { appOf } from "../launch.ts";
import { print, printJson, table } from "../output.ts";
import { parsed } from "../parsed.ts";
import { readSettings } from "../session.ts";

interface Words {
  readonly config?: string | undefined;
  readonly json: boolean;
  readonly names?: readonly string[] | undefined;
  readonly env?: string | undefined;
  readonly cluster?: string | undefined;
  readonly host?: string | undefined;
  readonly appFolder?: string | undefined;
  readonly local: boolean;
  readonly build: boolean;
  readonly public: boolean;
  readonly why?: string | undefined;
  readonly format: "json" | "yaml" | "env";
}

export const config = defineCommand({
  options: (yargs) =>
    yargs
      .positional("action", {
        choices: ["merge", "show"] as const,
        demandOption: true,
        describe: "merge FILE… lays files over each other; show APP tells what an app gets",
      })
      .positional("names", {
        type: "string",
        array: true,
        describe: "merge: the files, from the bottom up; show: the app",
      })
      .option("env", {
        type: "string",
        describe: "show: the environment; the app's own where it is left out",
      })
      .option("cluster", { type: "string", describe: "show: the cluster" })
      .option("host", { type: "string", describe: "show: the host; this one where it is left out" })
      .option("app-folder", {
        type: "string",
        describe: "show: the folder of the app's own layers; that of what is live here where it is left out",
      })
      .option("local", { type: "boolean", default: false, describe: "show: with the layers of a developer" })
      .option("build", { type: "boolean", default: false, describe: "show: with the layers of a build" })
      .option("public", { type: "boolean", default: false, describe: "show: only what everybody may see" })
      .option("why", { type: "string", describe: "show: every layer that speaks of this dotted key" })
      .option("format", {
        choices: ["json", "yaml", "env"] as const,
        default: "json" as const,
        describe: "How it is printed",
      }),
  run: (args) => (args.action === "merge" ? merge(args) : show(args)),
});

async function merge({ names = [], format }: Words): Promise<number> {
  if (names.length === 0)
    throw new Failure("INPUT_INVALID", "Cannot merge nothing: name the files, from the bottom up");
  const layers = await Promise.all(names.map(async (name) => readLayer(await textIn(name), name)));
  const whole = together(layers, dictOf([]));
  requireNone(openIn(whole), "LAYER_OPEN");
  printWhole(whole, format);
  return 0;
}

async function textIn(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new Failure("LAYER_INVALID", `Cannot read ${file}: ${reasonOf(cause)}`, { cause });
  }
}

async function show(words: Words): Promise<number> {
  const [name] = words.names ?? [];
  if (name === undefined) throw new Failure("INPUT_INVALID", "Cannot show anything: name an app");
  const settings = readSettings(words);
  const app = parsed(appName, name, "app");
  const configured = appOf(settings, app);
  const wanted = configured.configure;
  if (wanted === undefined)
    throw new Failure(
      "CONFIG_INVALID",
      `Cannot show the configuration of ${app}: apps.${app}.configure is not there`,
    );
  const texts = await readLayers(
    sourcesOf({
      app,
      environment: words.env ?? configured.environment,
      cluster: words.cluster ?? wanted.cluster,
      host: words.host ?? hostOfMachine(settings),
      folders: wanted.folders,
      appFolder: words.appFolder ?? join(configured.root, "current", wanted["app-folder"]),
      local: words.local,
      build: words.build,
    }),
  );
  const layers = texts.map(({ path, text }) => readLayer(text, path));
  const about = dictOf([["app", { kind: "str", value: app, at: NOWHERE }]]);
  const whole = together(layers, dictOf([["yoconfigurator", about]]));
  if (words.why !== undefined) return explain(words.why, layers, whole, words.json);
  if (!words.public) requireNone(openIn(whole), "LAYER_OPEN");
  printWhole(words.public ? visible(whole, wanted.public) : whole, words.format);
  return 0;
}

function together(layers: readonly Layer[], initial: Dict): Dict {
  requireReadable(layers);
  const { whole, problems } = smush(
    layers.map(({ top }) => top),
    initial,
  );
  requireNone(problems);
  return whole;
}

function visible(whole: Dict, keys: readonly string[]): Dict {
  const problems: Problem[] = [];
  const subset = subsetOf(whole, keys, problems);
  requireNone(problems);
  return subset;
}

function printWhole(whole: Dict, format: Words["format"]): void {
  const problems: Problem[] = [];
  const text = {
    json: () => jsonOf(whole, HIDDEN),
    yaml: () => yamlOf(whole, HIDDEN),
    env: () => envOf(whole, HIDDEN, problems),
  }[format]();
  requireNone(problems);
  print(text.replace(/\n$/, ""));
}

function explain(key: string, layers: readonly Layer[], whole: Dict, json: boolean): number {
  const trail = trailOf(layers, key);
  const value = valueAt(whole, key);
  const shown = (each: Value) => jsonLineOf(each, HIDDEN);
  if (trail.length === 0) throw new Failure("LAYER_OPEN", `No layer speaks of ${key}: ${lackOf(whole, key)}`);
  if (json) {
    printJson({
      key,
      value: value && shown(value),
      said: trail.map(({ at, key: of, value: said }) => ({ ...at, key: of, value: shown(said) })),
    });
    return 0;
  }
  print(`${safeText(key)} is ${value === undefined ? "not there" : safeText(shown(value))}`);
  print(
    table(
      ["", "said of", "what"],
      trail.map(({ at, key: of, value: said }) => [placeIn(at), of, safeText(shown(said))]),
    ),
  );
  return 0;
}
