import { isMap, isScalar, isSeq, type Node, type Scalar, type Tags, type YAMLMap } from "yaml";
import { readYaml } from "../schema/yaml.ts";
import { deleted, float, meaningOf, missing, secret, type Spot, text } from "./forms.ts";
import type { Problem } from "./problem.ts";
import { dictOf, keyBelow, type Place, type Value } from "./value.ts";

/** What layers say beyond plain YAML. Nowhere else do these tags mean anything. */
const customTags: Tags = [
  { tag: "!deleted", resolve: (said) => said },
  { tag: "!missing", resolve: (said) => said },
  { tag: "!secret", collection: "map", resolve: (map) => map },
];

/** Reads a layer in YAML; undefined where it is none, which is then among the problems. */
export function valueOfYaml(source: string, file: string, problems: Problem[]): Value | undefined {
  const read = readYaml(source, { customTags, intAsBigInt: true });
  if ("flaws" in read) {
    problems.push(...read.flaws.map(({ says, ...place }) => ({ at: { file, ...place }, key: "", says })));
    return undefined;
  }
  const { document, at } = read;
  const placeOf = (offset: number): Place => {
    const { line, column } = at(offset, "");
    return { file, line, column };
  };
  const { contents } = document;
  const top = placeOf(contents?.range?.[0] ?? 0);
  // As it is where somebody took all lines out of a layer, or made them comments.
  if (contents === null || (isScalar(contents) && contents.source === "" && contents.tag === undefined))
    return dictOf([], top);
  if (document.schema.name !== "core") {
    problems.push({ at: top, key: "", says: "is of another version of YAML than 1.2" });
    return undefined;
  }
  return valueFrom(contents, { at: top, key: "", problems }, placeOf);
}

function valueFrom(node: Node | null, spot: Spot, placeOf: (offset: number) => Place): Value {
  const { key, problems } = spot;
  if (isMap(node)) {
    const entries = entriesFrom(node, spot, placeOf);
    return node.tag === "!secret"
      ? secret({ kind: "dict", entries, at: spot.at }, spot)
      : meaningOf(entries, spot);
  }
  if (isSeq<Node>(node)) {
    const items = node.items.map((item, index) =>
      valueFrom(item, { at: placeOf(item.range?.[0] ?? 0), key: keyBelow(key, index), problems }, placeOf),
    );
    return { kind: "list", items, at: spot.at };
  }
  return isScalar(node) ? scalarFrom(node, spot) : { kind: "null", at: spot.at };
}

function entriesFrom(
  { items }: YAMLMap,
  { at, key, problems }: Spot,
  placeOf: (offset: number) => Place,
): ReadonlyMap<string, Value> {
  const entries = new Map<string, Value>();
  for (const pair of items) {
    if (!isScalar(pair.key)) continue;
    const name = String(pair.key.value);
    const spot = {
      at: pair.key.range ? placeOf(pair.key.range[0]) : at,
      key: keyBelow(key, name),
      problems,
    };
    entries.set(text(name, spot).kind === "str" ? name : "", valueFrom(pair.value as Node | null, spot, placeOf));
  }
  return entries;
}

function scalarFrom({ tag, value, source }: Scalar, spot: Spot): Value {
  const { at } = spot;
  if (tag === "!missing") return missing(String(value), spot);
  if (tag === "!deleted") {
    if (value !== "") spot.problems.push({ ...spot, says: "!deleted stands alone" });
    return deleted(spot);
  }
  switch (typeof value) {
    case "string":
      return text(value, spot);
    case "bigint":
      return { kind: "int", value, at };
    case "number":
      return float(value, spot);
    case "boolean":
      return { kind: "bool", value, at };
    default:
      if (value !== null) spot.problems.push({ ...spot, says: `cannot be read: ${source}` });
      return { kind: "null", at };
  }
}
