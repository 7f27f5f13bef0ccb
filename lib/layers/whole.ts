import type { Problem } from "./problem.ts";
import { type Dict, keyBelow, type Value } from "./value.ts";

/** A value of a dict, and its dotted key. */
type Found = readonly [key: string, value: Value];

/** Every value of a dict that holds no others, in order. */
export function* leavesOf(value: Value, key = ""): Generator<Found> {
  if (value.kind === "dict") {
    for (const [name, each] of value.entries) yield* leavesOf(each, keyBelow(key, name));
  } else if (value.kind === "list") {
    for (const [index, each] of value.items.entries()) yield* leavesOf(each, keyBelow(key, index));
  } else yield [key, value];
}

/** What layers left open: values that none of them gives, and deletions that delete nothing. */
export const openIn = (whole: Dict): readonly Problem[] =>
  [...leavesOf(whole)].flatMap(([key, value]) => {
    if (value.kind === "missing")
      return [{ at: value.at, key, says: `missing value found: no layer gives ${value.name ?? key}` }];
    if (value.kind === "deleted")
      return [{ at: value.at, key, says: "a deleted value in a list deletes nothing, and cannot be written" }];
    return [];
  });
