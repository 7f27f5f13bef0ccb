import type { Problem } from "./problem.ts";
import { layerSecret } from "./secret-source.ts";
import { type Place, type Value } from "./value.ts";

/** Where a value stands in a file, and who hears of what is wrong with it. */
export interface Spot {
  readonly at: Place;
  readonly key: string;
  readonly problems: Problem[];
}

const RESERVED = ["$deleted", "$missing", "$secret"] as const;

/** A dict of a file: itself, or what it stands for. */
export function meaningOf(entries: ReadonlyMap<string, Value>, spot: Spot): Value {
  const found = RESERVED.find((key) => entries.has(key));
  if (found === undefined) return { kind: "dict", entries, at: spot.at };
  const value = entries.get(found);
  if (entries.size > 1 || value === undefined) return refuse(spot, `${found} stands alone`);
  switch (found) {
    case "$deleted":
      if (value.kind === "bool" && value.value) return deleted(spot);
      return refuse(spot, "$deleted is true, or not there");
    case "$missing":
      if (value.kind === "null") return missing(null, spot);
      return value.kind === "str" ? missing(value.value, spot) : refuse(spot, "$missing is null, or a name");
    case "$secret":
      return secret(value, spot);
  }
}

/** That what earlier layers say here goes. */
export const deleted = ({ at }: Spot): Value => ({ kind: "deleted", at });

/** That a later layer has to say it. */
export function missing(name: string | null, spot: Spot): Value {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name ?? "") || (name ?? "").length > 200)
    return refuse(spot, "the name of a missing value is one line of at most 200 characters");
  return { kind: "missing", name: name === "" ? null : name, at: spot.at };
}

/** A secret by reference. */
export function secret(value: Value, spot: Spot): Value {
  const result = layerSecret.safeParse(plain(value));
  if (result.success) return { kind: "secret", source: result.data, at: spot.at };
  return refuse(spot, layerSecret.safeParse(undefined).error?.issues[0]?.message ?? "");
}

function refuse({ at, key, problems }: Spot, says: string): Value {
  problems.push({ at, key, says });
  return { kind: "null", at };
}

/** What a schema can look at. */
function plain(value: Value): unknown {
  switch (value.kind) {
    case "dict":
      return Object.fromEntries([...value.entries].map(([key, each]) => [key, plain(each)]));
    case "list":
      return value.items.map(plain);
    case "str":
      return value.value;
    default:
      return undefined;
  }
}

/** Text that every reader takes for the same: half a character is none. */
export function text(value: string, spot: Spot): Value {
  return /\p{Surrogate}/u.test(value)
    ? refuse(spot, "holds half a character")
    : { kind: "str", value, at: spot.at };
}

/** A number that JSON can hold. */
export function float(value: number, spot: Spot): Value {
  return Number.isFinite(value)
    ? { kind: "float", value, at: spot.at }
    : refuse(spot, "is a number that JSON cannot hold");
}
