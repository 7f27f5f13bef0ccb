import type { Problem } from "../problem.ts";
import { type Dict, placeIn, type Value } from "../value.ts";
import { jsonLineOf, type Reveal } from "./json.ts";

/**
 * Lines of NAME=VALUE, as shells, systemd and most others read them: `shop.db.host` is SHOP_DB_HOST, a list is JSON, null is
 * empty.
 */
export function envOf(whole: Dict, reveal: Reveal, problems: Problem[]): string {
  const lines = new Map<string, string>();
  const said = new Map<string, Value>();
  for (const [key, value] of variablesIn(whole)) {
    const name = nameOf(key);
    const before = said.get(name);
    if (before !== undefined)
      problems.push({ at: value.at, key, says: `is ${name}, as ${placeIn(before.at)} is already` });
    if (!/^[A-Z_]/.test(name))
      problems.push({ at: value.at, key, says: `cannot be a variable: ${name} begins with a digit` });
    const text = textOf(value, reveal);
    if (text.includes("\0")) problems.push({ at: value.at, key, says: "holds a NUL, which no variable can" });
    said.set(name, value);
    lines.set(name, `${name}=${quoted(text)}\n`);
  }
  return [...lines.values()].join("");
}

const nameOf = (key: string): string => key.toUpperCase().replace(/[^A-Z0-9]/g, "_");

function* variablesIn(value: Value, key = ""): Generator<readonly [string, Value]> {
  if (value.kind !== "dict") yield [key, value];
  else
    for (const [name, each] of value.entries) yield* variablesIn(each, key === "" ? name : `${key}_${name}`);
}

function textOf(value: Value, reveal: Reveal): string {
  if (value.kind === "null") return "";
  if (value.kind === "str") return value.value;
  if (value.kind === "secret") return reveal(value);
  return jsonLineOf(value, reveal);
}

/** Quoted for a POSIX shell where it must be: then nobody finds more in it than a text. */
const quoted = (text: string): string =>
  /^[A-Za-z0-9_./:@%+,=-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
