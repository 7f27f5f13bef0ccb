import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Tags,
  visit,
} from "yaml";
import type { z } from "zod";
import { Failure } from "../failure.ts";

const MOST_BYTES = 256 * 1024;
const MOST_DEPTH = 64;

/** Something that is wrong in a text, and where. */
export interface Found {
  readonly line: number;
  readonly column: number;
  readonly says: string;
}

/**
 * Reads YAML (core schema, one document, no aliases) and checks it against a schema.
 * @param name what the text is called in errors
 * @throws {Failure} of `code`, listing everything that is wrong at once, each as file:line:column
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  name: string,
  code: "CONFIG_INVALID" | "PIPELINE_INVALID" | "TRUST_FILE" = "CONFIG_INVALID",
): z.infer<Schema> {
  const refuse = (found: readonly Found[]): never => {
    const list = [...found].sort((a, b) => a.line - b.line || a.column - b.column);
    throw new Failure(
      code,
      list.map(({ line, column, says }) => `${name}:${line}:${column} ${says}`).join("\n"),
    );
  };
  const read = readYaml(text);
  if ("flaws" in read) return refuse(read.flaws);
  const { document, at } = read;

  const result = schema.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {});
  if (result.success) return result.data;
  return refuse(result.error.issues.flatMap((issue) => located(issue, document, at)));
}

/** A document that was read, and how to say where in it something is; or what is wrong with its text. */
export type ReadYaml =
  | { readonly document: Document.Parsed; readonly at: (offset: number, says: string) => Found }
  | { readonly flaws: readonly Found[] };

/** What a reader takes besides plain YAML. */
interface Dialect {
  /** Tags that mean something to it; every other one is refused. */
  readonly customTags?: Tags;
  /** Whether it tells whole numbers, of any size, from others. */
  readonly intAsBigInt?: boolean;
}

/** Reads one document, within bounds: no aliases, no more than a person writes. */
export function readYaml(text: string, dialect: Dialect = {}): ReadYaml {
  const tooMuch = excess(text);
  if (tooMuch !== undefined) return { flaws: [tooMuch] };

  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    resolveKnownTags: false,
    ...dialect,
  });
  const at = (offset: number, says: string): Found => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, says };
  };
  // A warning, such as a tag that nobody knows, is a value that means something else than was written.
  const flaws = [...document.errors, ...document.warnings].map(({ pos, message }) => at(pos[0], message));
  if (flaws.length === 0)
    flaws.push(...aliasesIn(document).map((offset) => at(offset, "an alias is not read here")));
  return flaws.length > 0 ? { flaws } : { document, at };
}

/** Where aliases stand: a few of them can stand for more than any memory holds. */
function aliasesIn(document: Document.Parsed): number[] {
  const offsets: number[] = [];
  visit(document, { Alias: (_key, { range }) => void offsets.push(range?.[0] ?? 0) });
  return offsets;
}

/** Deep nesting overflows the stack of any recursive parser, or ends the process: it is refused before one sees it. */
export function excess(text: string): Found | undefined {
  if (Buffer.byteLength(text) > MOST_BYTES)
    return { line: 1, column: 1, says: `is larger than ${MOST_BYTES} bytes` };
  let open = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const indent = /^[ ?-]*/.exec(line)?.[0].length ?? 0;
    let deepest = open;
    for (const bracket of line.match(/[[\]{}]/g) ?? []) {
      open = Math.max(0, open + ("[{".includes(bracket) ? 1 : -1));
      deepest = Math.max(deepest, open);
    }
    if (deepest > MOST_DEPTH || indent > 4 * MOST_DEPTH) {
      return { line: index + 1, column: 1, says: `is nested more than ${MOST_DEPTH} deep` };
    }
  }
  return undefined;
}

function located(
  issue: z.core.$ZodIssue,
  document: Document.Parsed,
  at: (offset: number, says: string) => Found,
): Found[] {
  const path = issue.path.map((each) => (typeof each === "symbol" ? String(each) : each));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      at(keyOffset(document, path, key), `${name([...path, key])} is not a known key`),
    );
  }
  if (issue.code === "invalid_key") {
    const key = path.at(-1) ?? "";
    const says = issue.issues.map((each) => each.message).join(", ");
    return [at(keyOffset(document, path.slice(0, -1), key), `${name(path)}: the key ${says}`)];
  }
  const says = document.hasIn(path) || path.length === 0 ? worded(issue) : `is missing: it ${worded(issue)}`;
  return [at(valueOffset(document, path), `${name(path)} ${says}`.trim())];
}

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "a map",
  record: "a map",
  string: "a text",
};

/** What a schema without words of its own says, in ours. */
function worded({ message }: z.core.$ZodIssue): string {
  const [, kind] = /^Invalid input: expected (\w+)/.exec(message) ?? [];
  if (kind !== undefined) return `must be ${KINDS[kind] ?? kind}`;
  return message
    .replace(/^Too (?:small|big): expected \w+ to (?:be|have) /, "must have ")
    .replace(/^Invalid option: expected one of /, "must be one of ");
}

const name = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (said, each) => said + (typeof each === "number" ? `[${each}]` : said === "" ? each : `.${each}`),
    "",
  );

/** Where a value stands; of a missing one, where its parent does. */
function valueOffset(document: Document.Parsed, path: readonly (string | number)[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as Node | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

function keyOffset(
  document: Document.Parsed,
  path: readonly (string | number)[],
  key: string | number,
): number {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isMap(parent)) {
    const pair = parent.items.find((each) => isScalar(each.key) && String(each.key.value) === String(key));
    if (isScalar(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  return isSeq(parent) && parent.range ? parent.range[0] : valueOffset(document, path);
}
