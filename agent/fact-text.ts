import { readYaml } from "../lib/schema/yaml.ts";

/** Facts by their names: what is nested has the names of all that it lies in, with dots. */
export type Facts = Readonly<Record<string, string>>;

const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const LONGEST = 1_000;
const DEEPEST = 8;

/** What Ruby's YAML writes for a symbol. */
const SYMBOLS = ["!ruby/sym", "!ruby/symbol"].map((tag) => ({ tag, resolve: (text: string) => text }));

/**
 * Reads facts as a file holds them, by the end of its name: JSON, YAML (as Facter and MCollective write it, too), or lines
 * NAME=VALUE. What a program prints is told apart by how it begins.
 * @throws {Error} with what is wrong
 */
export function readFacts(path: string, text: string, printed: boolean): Facts {
  if (path.endsWith(".json") || (printed && /^\s*\{/.test(text))) return flattened(JSON.parse(text));
  if (/\.ya?ml$/.test(path) || (printed && text.startsWith("---"))) return flattened(yamlIn(text));
  if (printed || path.endsWith(".txt")) return linesIn(text);
  throw new Error("its name ends neither in .json, .yaml nor .txt, and it cannot be run");
}

function yamlIn(text: string): unknown {
  const read = readYaml(text, { customTags: SYMBOLS });
  if (!("flaws" in read)) return read.document.toJS({ maxAliasCount: 0 });
  throw new Error(read.flaws.map(({ line, column, says }) => `${line}:${column} ${says}`).join("; "));
}

const linesIn = (text: string): Facts =>
  flattened(
    Object.fromEntries(
      text.split("\n").flatMap((line) => {
        const equals = line.indexOf("=");
        return equals < 1 ? [] : [[line.slice(0, equals).trim(), line.slice(equals + 1).trim()]];
      }),
    ),
  );

/** Values of one level; a list is its values with commas. What has a name that no filter can say is left out. */
function flattened(value: unknown): Facts {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("it does not hold names with values");
  return Object.fromEntries(
    named(value, "", 0)
      .filter(([name]) => NAME.test(name))
      .map(([name, text]) => [name, text.slice(0, LONGEST)]),
  );
}

function named(value: object, before: string, depth: number): readonly (readonly [string, string])[] {
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
    // Ruby writes symbols with a colon before.
    const name = before + key.replace(/^:/, "");
    if (each === null || each === undefined) return [];
    if (Array.isArray(each)) return [[name, each.filter(isPlain).map(String).join(",")] as const];
    if (typeof each === "object") return depth < DEEPEST ? named(each, `${name}.`, depth + 1) : [];
    return isPlain(each) ? [[name, String(each)] as const] : [];
  });
}

const isPlain = (value: unknown): value is string | number | boolean | bigint =>
  ["string", "number", "boolean", "bigint"].includes(typeof value);
