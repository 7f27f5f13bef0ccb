import type { Problem } from "./problem.ts";
import { type Dict, dictOf, keyBelow, kindIn, placeIn, type Value } from "./value.ts";

/** What layers come to, and where they contradict each other. */
export interface Merged {
  readonly whole: Dict;
  readonly problems: readonly Problem[];
}

/** Lays layers over each other, the first at the bottom: yoconfigurator's "smush". */
export function smush(layers: readonly Value[], initial: Dict = dictOf([])): Merged {
  const problems: Problem[] = [];
  return { whole: layers.reduce<Dict>((below, above) => merge(below, above, problems), initial), problems };
}

/** Lays one layer over another. What both say keeps its place among the keys; what is new comes after. */
export function merge(below: Value, above: Value, problems: Problem[]): Dict {
  if (below.kind === "dict" && above.kind === "dict") return mergeDicts(below, above, "", problems);
  problems.push({ at: above.at, key: "", says: `cannot merge ${kindIn(below)} with ${kindIn(above)}` });
  return below.kind === "dict" ? below : dictOf([]);
}

function mergeDicts(below: Dict, above: Dict, path: string, problems: Problem[]): Dict {
  const entries = new Map(below.entries);
  for (const [name, value] of above.entries) {
    const key = keyBelow(path, name);
    const former = entries.get(name);
    if (value.kind === "deleted") entries.delete(name);
    else entries.set(name, former === undefined ? asNew(value, key) : replaced(former, value, key, problems));
  }
  return { ...below, entries };
}

function replaced(former: Value, value: Value, key: string, problems: Problem[]): Value {
  if (former.kind === "dict" && value.kind === "dict") return mergeDicts(former, value, key, problems);
  if (former.kind === "list" && value.kind === "list") {
    const { length } = former.items;
    const more = value.items.map((item, index) => inList(item, keyBelow(key, length + index)));
    return { ...former, items: [...former.items, ...more] };
  }
  if (former.kind === "null" || former.kind === "missing" || typeOf(former) === typeOf(value))
    return asNew(value, key);
  const says = `refusing to replace ${kindIn(former)} with ${kindIn(value)}: ${placeIn(former.at)} says ${kindIn(former)}`;
  problems.push({ at: value.at, key, says });
  return former;
}

/** A secret is a text that is not known yet. */
const typeOf = ({ kind }: Value): Value["kind"] => (kind === "secret" ? "str" : kind);

/** A value that nothing stands below: there is nothing to delete in it, and what is missing is known by its place. */
function asNew(value: Value, key: string): Value {
  switch (value.kind) {
    case "dict": {
      const kept = [...value.entries].filter(([, each]) => each.kind !== "deleted");
      return dictOf(
        kept.map(([name, each]) => [name, asNew(each, keyBelow(key, name))]),
        value.at,
      );
    }
    case "list":
      return { ...value, items: value.items.map((item, index) => inList(item, keyBelow(key, index))) };
    case "missing":
      return { ...value, name: value.name ?? key };
    default:
      return value;
  }
}

/** Lists are only ever added to: a deletion in one would delete nothing, and stays to be complained of. */
function inList(value: Value, key: string): Value {
  switch (value.kind) {
    case "dict":
      return dictOf(
        [...value.entries].map(([name, each]) => [name, inList(each, keyBelow(key, name))]),
        value.at,
      );
    case "list":
    case "missing":
      return asNew(value, key);
    default:
      return value;
  }
}
