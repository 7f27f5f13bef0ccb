import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { Failure } from "../failure.ts";
import { type Policy, policy } from "./policy.ts";

const MOST_CHARACTERS = 256 * 1024;
const DEEPEST = 32;
type Issue = z.core.$ZodIssue;

/**
 * Reads policy.yaml (YAML 1.2, core schema, one document, no aliases, no tags). Anything that is not as it should be
 * refuses the whole.
 * @throws {Failure} TRUST_FILE with file:line:column of everything that is wrong
 */
export function parsePolicy(text: string, file: string): Policy {
  if (text.length > MOST_CHARACTERS) throw refusal([`${file}: it is too large`]);
  if (isDeep(text)) throw refusal([`${file}: it nests deeper than ${DEEPEST}`]);
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: "core" });
  const flaws = [...document.errors, ...document.warnings];
  if (flaws.length > 0) throw refusal(flaws.map(({ pos, message }) => `${at(pos[0])}: ${message}`));
  visit(document, {
    Alias: (_key, { range }) => {
      throw refusal([`${at(range?.[0] ?? 0)}: an alias is not supported`]);
    },
  });
  const result = policy.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (result.success) return result.data;
  throw refusal(
    result.error.issues.map(
      (issue) => `${at(offsetOf(document, issue))}: ${pathOf(issue)}: ${issue.message}`,
    ),
  );
}

const refusal = (problems: readonly string[]) =>
  new Failure("TRUST_FILE", `Cannot use ${problems.join("; ")}`);

/** The parser recurses: what would exhaust its stack must not reach it. */
function isDeep(text: string): boolean {
  let open = 0;
  for (const character of text) {
    if ("[{".includes(character)) open += 1;
    if ("]}".includes(character)) open = Math.max(0, open - 1);
    if (open > DEEPEST) return true;
  }
  return new RegExp(`^[ \\t?:-]{${2 * DEEPEST + 1}}`, "m").test(text);
}

const pathOf = ({ path }: Issue): string => path.join(".") || "it";

/** Where the text is that an issue is about; where there is none, the nearest around it. */
function offsetOf(document: Document, issue: Issue): number {
  const path = [...issue.path];
  for (;;) {
    const node = document.getIn(path, true);
    const key = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
    const pair = isMap(node) && node.items.find((each) => isScalar(each.key) && each.key.value === key);
    if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
    if (isNode(node) && node.range) return node.range[0];
    if (path.pop() === undefined) return 0;
  }
}
