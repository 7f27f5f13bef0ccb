import { excess } from "../schema/yaml.ts";
import { valueOfJson } from "./json.ts";
import { type Problem, requireNone } from "./problem.ts";
import { dictOf, type Dict, kindIn } from "./value.ts";
import { valueOfYaml } from "./yaml.ts";

/** A layer as it was read. What is wrong with it is told together with what is wrong with the others. */
export interface Layer {
  readonly name: string;
  readonly top: Dict;
  readonly problems: readonly Problem[];
}

/** Reads a layer: JSON where its name ends so, YAML otherwise. */
export function readLayer(text: string, name: string): Layer {
  const problems: Problem[] = [];
  const top = topOf(text, name, problems);
  return { name, top, problems };
}

function topOf(text: string, name: string, problems: Problem[]): Dict {
  const nothing = dictOf([], { file: name, line: 1, column: 1 });
  const tooMuch = excess(text);
  if (tooMuch !== undefined) {
    const { says, ...place } = tooMuch;
    problems.push({ at: { file: name, ...place }, key: "", says });
    return nothing;
  }
  const read = name.endsWith(".json") ? valueOfJson : valueOfYaml;
  const value = read(text, name, problems);
  if (value === undefined || value.kind === "dict") return value ?? nothing;
  problems.push({ at: value.at, key: "", says: `is ${kindIn(value)}: a layer is a dict` });
  return nothing;
}

/**
 * That every layer can be used.
 * @throws {Failure} LAYER_INVALID
 */
export function requireReadable(layers: readonly Layer[]): void {
  requireNone(layers.flatMap(({ problems }) => problems));
}
