import type { LayerSecret } from "./secret-source.ts";

/** Where something was said. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A value of a layer, and where it was said. Whole numbers and others are two types, as they are to the apps that read them. */
export type Value = { readonly at: Place } & (
  | { readonly kind: "null" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "str"; readonly value: string }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | { readonly kind: "dict"; readonly entries: ReadonlyMap<string, Value> }
  /** What a later layer has to say; null until it is known by its place. */
  | { readonly kind: "missing"; readonly name: string | null }
  /** What no layer before this one said any more. */
  | { readonly kind: "deleted" }
  /** A text that only the host knows. */
  | { readonly kind: "secret"; readonly source: LayerSecret }
);

type OfKind<Kind extends Value["kind"]> = Extract<Value, { readonly kind: Kind }>;
export type Dict = OfKind<"dict">;
export type SecretValue = OfKind<"secret">;

const WORDS: Readonly<Record<Value["kind"], string>> = {
  null: "null",
  bool: "a bool",
  int: "an int",
  float: "a float",
  str: "a str",
  list: "a list",
  dict: "a dict",
  missing: "a missing value",
  deleted: "a deleted value",
  secret: "a secret",
};

/** What kind of value it is, in words. */
export const kindIn = ({ kind }: Value): string => WORDS[kind];

/** A place as tools print it. */
export const placeIn = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;

/** A place outside of any file: what Skein itself says first. */
export const NOWHERE: Place = { file: "(skein)", line: 0, column: 0 };

/** A dict of some entries. */
export const dictOf = (entries: Iterable<readonly [string, Value]>, at = NOWHERE): Dict => ({
  kind: "dict",
  entries: new Map(entries),
  at,
});

/** The name of what stands below something. */
export const keyBelow = (path: string, key: string | number): string =>
  typeof key === "number" ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
