import type { Problem } from "./problem.ts";
import { type Dict, dictOf, keyBelow, kindIn, NOWHERE, placeIn, type Value } from "./value.ts";

/** The value of a dotted key; undefined where there is none. A key that holds dots itself is found as well. */
export function valueAt(whole: Dict, dotted: string): Value | undefined {
  const path = pathOf(whole, dotted);
  return path && along(whole, path);
}

/** The keys, from the top on, that lead to what a dotted key names; undefined where nothing does. */
export function pathOf(value: Value, dotted: string): readonly string[] | undefined {
  if (value.kind !== "dict") return undefined;
  const words = dotted.split(".");
  for (let count = 1; count <= words.length; count += 1) {
    const name = words.slice(0, count).join(".");
    const below = value.entries.get(name);
    if (below === undefined) continue;
    if (count === words.length) return [name];
    const rest = pathOf(below, words.slice(count).join("."));
    if (rest !== undefined) return [name, ...rest];
  }
  return undefined;
}

function along(value: Value, [name, ...rest]: readonly string[]): Value | undefined {
  if (name === undefined) return value;
  const below = value.kind === "dict" ? value.entries.get(name) : undefined;
  return below && along(below, rest);
}

/** Why a dotted key names nothing: how far it leads, and what stands there. */
export function lackOf(value: Value, dotted: string, path = ""): string {
  if (value.kind === "missing") return `no value provided for ${value.name ?? path} (${placeIn(value.at)})`;
  if (value.kind !== "dict") return `${path} is ${kindIn(value)}, which has no ${dotted}`;
  const [name = "", ...rest] = dotted.split(".");
  const below = value.entries.get(name);
  if (below === undefined || rest.length === 0) return `there is no ${keyBelow(path, name)}`;
  return lackOf(below, rest.join("."), keyBelow(path, name));
}

/** A dict in which a path of keys has a value; what is missing on the way is made. */
export function withValue(whole: Dict, path: readonly string[], value: Value, problems: Problem[]): Dict {
  const [name, ...rest] = path;
  if (name === undefined) return whole;
  const below = whole.entries.get(name) ?? dictOf([], NOWHERE);
  const put = (made: Value) => dictOf(new Map(whole.entries).set(name, made), whole.at);
  if (rest.length === 0) return put(value);
  if (below.kind === "dict") return put(withValue(below, rest, value, problems));
  problems.push({ at: below.at, key: name, says: `is ${kindIn(below)}, which holds no ${rest.join(".")}` });
  return whole;
}

/** What of a configuration these keys name: what everybody may see. */
export function subsetOf(whole: Dict, keys: readonly string[], problems: Problem[]): Dict {
  return keys.reduce<Dict>(
    (subset, dotted) => {
      const path = pathOf(whole, dotted);
      const value = path && along(whole, path);
      if (path !== undefined && value !== undefined) return withValue(subset, path, value, problems);
      problems.push({ at: whole.at, key: dotted, says: lackOf(whole, dotted) });
      return subset;
    },
    dictOf([], whole.at),
  );
}
