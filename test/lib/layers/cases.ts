import { readFileSync } from "node:fs";
import { type Problem } from "../../../lib/layers/problem.ts";
import { type Dict, dictOf, NOWHERE, type Value } from "../../../lib/layers/value.ts";
import { readLayer } from "../../../lib/layers/read.ts";

/** What yoconfigurator does, recorded by running it. */
export const CASES = JSON.parse(
  readFileSync(new URL("../../fixtures/smush-cases.json", import.meta.url), "utf8"),
) as Recorded;

interface Recorded {
  readonly merge: readonly (Case & { readonly a: unknown; readonly b: unknown })[];
  readonly filter: readonly (Case & { readonly config: unknown; readonly keys: readonly string[] })[];
  readonly dotted: readonly {
    readonly op: "get" | "set";
    readonly tree: unknown;
    readonly key: string;
    readonly value?: unknown;
    readonly expected?: unknown;
    readonly error?: string;
  }[];
  readonly smush: readonly (Case & { readonly layers: readonly unknown[]; readonly initial: unknown })[];
  readonly sources: readonly {
    readonly name: string;
    readonly present: readonly string[];
    readonly app: string;
    readonly environment: string;
    readonly cluster: string | null;
    readonly configs_dirs: readonly string[];
    readonly app_dir: string;
    readonly local: boolean;
    readonly build: boolean;
    readonly expected: readonly string[];
  }[];
  readonly write: readonly (Case & { readonly config: unknown; readonly text?: string })[];
  readonly seeded_auth_token: readonly {
    readonly client: string;
    readonly service: string;
    readonly seed: string;
    readonly expected: string;
  }[];
  readonly missing_access: readonly {
    readonly op: string;
    readonly message?: string;
    readonly expected?: string;
  }[];
  readonly end_to_end: readonly {
    readonly app_default: unknown;
    readonly public_keys: readonly string[];
    readonly configuration_json: unknown;
    readonly configuration_public_json: unknown;
  }[];
}

interface Case {
  readonly name: string;
  readonly expected?: unknown;
  readonly error?: string;
  readonly message?: string;
}

/** A layer that says this. What is no dict is read within one, since a file that is none is refused. */
export function valueOf(said: unknown, name = "layer.json"): Value {
  const { top, problems } = readLayer(JSON.stringify({ it: said }), name);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const value = top.entries.get("it");
  if (value === undefined) throw new Error("nothing was read");
  return value;
}

export const dictFrom = (said: unknown): Dict => {
  const value = valueOf(said);
  return value.kind === "dict" ? value : dictOf([], NOWHERE);
};

/** A value as the recorded cases write it. */
export function told(value: Value): unknown {
  switch (value.kind) {
    case "dict":
      return Object.fromEntries([...value.entries].map(([key, each]) => [key, told(each)]));
    case "list":
      return value.items.map(told);
    case "int":
      return Number(value.value);
    case "missing":
      return { $missing: value.name };
    case "deleted":
      return { $deleted: true };
    case "null":
      return null;
    case "secret":
      return { $secret: value.source };
    default:
      return value.value;
  }
}

export const saysOf = (problems: readonly Problem[]): string => problems.map(({ says }) => says).join("\n");
