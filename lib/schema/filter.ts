import { z } from "zod";
import { compareVersions } from "./debian-version.ts";
import { type Expression, parseFilter, type Test } from "./filter-grammar.ts";

/** What a filter is held against. */
export interface Candidate {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly facts?: Readonly<Record<string, string>> | undefined;
  readonly classes?: readonly string[] | undefined;
}

const LONGEST = 2_000;
/** As much of a value is held against a regular expression. */
const MOST_MATCHED = 256;

/**
 * A filter over hosts: patterns for the host's name (`web*`), and terms about labels, facts and classes (`role=web`,
 * `memory>=16`, `class=nginx`), joined by `and`, `or` (or a comma), `not` and parentheses.
 */
export const hostFilter = z
  .string({ error: "must be a host filter such as web*, or role=web and rack!=b" })
  .max(LONGEST)
  .superRefine((text, context) => {
    const read = parseFilter(text);
    if ("wrong" in read)
      context.addIssue({ code: "custom", message: `must be a host filter: ${read.wrong}`, input: text });
  })
  .brand<"HostFilter">();
export type HostFilter = z.infer<typeof hostFilter>;

/** Every host. */
export const EVERY_HOST = hostFilter.parse("*");

/** Whether a host fits a filter. */
export function fits(filter: HostFilter, candidate: Candidate): boolean {
  const read = parseFilter(filter);
  return "expression" in read && holds(read.expression, candidate);
}

function holds(expression: Expression, candidate: Candidate): boolean {
  switch (expression.kind) {
    case "or":
      return expression.of.some((each) => holds(each, candidate));
    case "and":
      return expression.of.every((each) => holds(each, candidate));
    case "not":
      return !holds(expression.of, candidate);
    case "host":
      return passes(expression.test, candidate.host);
    case "value": {
      const found = valuesOf(expression.name, candidate).some((value) => passes(expression.test, value));
      return found === expression.wanted;
    }
  }
}

/** What a host has of a name: a label goes before a fact. */
function valuesOf(name: string, { host, labels, facts = {}, classes = [] }: Candidate): readonly string[] {
  if (name === "class") return classes;
  if (name === "identity") return [host];
  const found = [labels, facts].find((each) => Object.hasOwn(each, name))?.[name];
  return found === undefined ? [] : [found];
}

function passes(test: Test, value: string): boolean {
  switch (test.by) {
    case "pattern":
      return matches(test.pattern, value);
    case "text":
      return test.text === value;
    case "expression":
      return new RegExp(test.source, "u").test(value.slice(0, MOST_MATCHED));
    case "order": {
      const order = compareVersions(value, test.than);
      return test.operator.startsWith("<")
        ? order < 0 || (test.operator === "<=" && order === 0)
        : order > 0 || (test.operator === ">=" && order === 0);
    }
  }
}

/** Whether a text fits a pattern in which `*` stands for anything and `?` for one character. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
