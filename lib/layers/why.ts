import { pathOf } from "./dotted.ts";
import type { Layer } from "./read.ts";
import type { Dict, Place, Value } from "./value.ts";

/** What one layer said of a key, or of something that it is a part of. */
export interface Said {
  readonly at: Place;
  /** The dotted key that it spoke of. */
  readonly key: string;
  readonly value: Value;
}

/** Everything that layers said of a key, from the bottom up. */
export const trailOf = (layers: readonly Layer[], dotted: string): readonly Said[] =>
  layers.flatMap(({ top }) => saidOf(top, dotted) ?? []);

function saidOf(top: Dict, dotted: string): Said | undefined {
  const words = dotted.split(".");
  // What a layer says of something that the key is a part of decides about the key as well, unless it is only more keys.
  for (let count = words.length; count > 0; count -= 1) {
    const key = words.slice(0, count).join(".");
    const value = follow(top, pathOf(top, key));
    if (value !== undefined && (count === words.length || value.kind !== "dict"))
      return { at: value.at, key, value };
  }
  return undefined;
}

const follow = (value: Value, path: readonly string[] | undefined): Value | undefined =>
  path?.reduce<Value | undefined>(
    (at, name) => (at?.kind === "dict" ? at.entries.get(name) : undefined),
    value,
  );
