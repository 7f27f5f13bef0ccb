/** What a value is held against. */
export type Test =
  | { readonly by: "pattern"; readonly pattern: string }
  | { readonly by: "text"; readonly text: string }
  | { readonly by: "expression"; readonly source: string }
  | { readonly by: "order"; readonly operator: "<" | "<=" | ">" | ">="; readonly than: string };

/** A filter, as it was read. `wanted`: whether a value that passes makes it true, or false. */
export type Expression =
  | { readonly kind: "or" | "and"; readonly of: readonly Expression[] }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "host"; readonly test: Test }
  | { readonly kind: "value"; readonly name: string; readonly wanted: boolean; readonly test: Test };

interface Token {
  readonly kind: "word" | "text" | "expression" | "operator" | "(" | ")" | "," | "end";
  readonly text: string;
  /** From 1 on. */
  readonly column: number;
}

const SHAPES: readonly (readonly [Token["kind"], RegExp])[] = [
  ["operator", /=~|!~|!=|<=|>=|=|<|>/y],
  ["(", /\(/y],
  [")", /\)/y],
  [",", /,/y],
  ["text", /"[^"\\]*"/y],
  ["expression", /\/(?:[^/\\\n]|\\.)+\//y],
  ["word", /[A-Za-z0-9._*?:@+-]+/y],
];

const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const JOINS = new Set(["and", "or", "not"]);
/** Nobody writes parentheses deeper. */
const DEEPEST = 50;

class Wrong extends Error {}

/**
 * Reads a filter: `or` and a comma bind least, then `and`, then `not`; a term is a pattern, `/expression/` or "text" for the
 * host's name, or NAME OPERATOR VALUE. What is wrong says where.
 */
export function parseFilter(text: string): { readonly expression: Expression } | { readonly wrong: string } {
  try {
    const tokens = tokensOf(text);
    let at = 0;
    const peek = (): Token => tokens[at] ?? { kind: "end", text: "", column: text.length + 1 };
    const next = (): Token => {
      const token = peek();
      at += 1;
      return token;
    };
    const isWord = (word: string) => peek().kind === "word" && peek().text === word;

    const several = (kind: "or" | "and", one: () => Expression, goesOn: () => boolean): Expression => {
      const first = one();
      const of = [first];
      while (goesOn()) {
        next();
        of.push(one());
      }
      return of.length === 1 ? first : { kind, of };
    };
    const any = (depth: number): Expression =>
      several(
        "or",
        () => all(depth),
        () => isWord("or") || peek().kind === ",",
      );
    const all = (depth: number): Expression =>
      several(
        "and",
        () => negated(depth),
        () => isWord("and"),
      );
    const negated = (depth: number): Expression => {
      if (depth > DEEPEST) throw wrong(peek(), `is nested deeper than ${DEEPEST}`);
      if (isWord("not")) {
        next();
        return { kind: "not", of: negated(depth + 1) };
      }
      if (peek().kind !== "(") return term();
      next();
      const inner = any(depth + 1);
      if (peek().kind !== ")") throw wrong(peek(), "should be and, or, a comma or )");
      next();
      return inner;
    };
    const term = (): Expression => {
      const first = next();
      if (peek().kind === "operator" && first.kind === "word") {
        if (!NAME.test(first.text)) throw wrong(first, "should be the name of a label or a fact");
        return compared(first.text, next(), next());
      }
      if (first.kind === "word" && JOINS.has(first.text)) throw wrong(first, "should be a term");
      return { kind: "host", test: testOf(first) };
    };

    const expression = any(0);
    if (peek().kind !== "end") throw wrong(peek(), "should be and, or, a comma or the end");
    return { expression };
  } catch (error) {
    if (error instanceof Wrong) return { wrong: error.message };
    throw error;
  }
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at] ?? "")) {
      at += 1;
      continue;
    }
    const found = SHAPES.map(([kind, shape]) => {
      shape.lastIndex = at;
      return { kind, text: shape.exec(text)?.[0] };
    }).find((each) => each.text !== undefined);
    const column = at + 1;
    if (found?.text === undefined)
      throw wrong({ kind: "end", text: text.slice(at, at + 10), column }, "cannot be read; quote it");
    tokens.push({ kind: found.kind, text: found.text, column });
    at += found.text.length;
  }
  return tokens;
}

const wrong = ({ text, column }: Token, why: string): Wrong =>
  new Wrong(`at column ${column}, ${text === "" ? "the end" : text} ${why}`);

/** NAME OPERATOR VALUE. */
function compared(name: string, operator: Token, value: Token): Expression {
  switch (operator.text) {
    case "=":
    case "!=":
      return { kind: "value", name, wanted: operator.text === "=", test: testOf(value) };
    case "=~":
    case "!~": {
      if (value.kind !== "expression") throw wrong(value, "should be an /expression/");
      return { kind: "value", name, wanted: operator.text === "=~", test: testOf(value) };
    }
    default: {
      if (value.kind !== "word" && value.kind !== "text") throw wrong(value, "should be a value");
      const than = value.kind === "text" ? value.text.slice(1, -1) : value.text;
      const test = { by: "order", operator: operator.text as "<", than } as const;
      return { kind: "value", name, wanted: true, test };
    }
  }
}

function testOf(token: Token): Test {
  switch (token.kind) {
    case "word":
      return { by: "pattern", pattern: token.text };
    case "text":
      return { by: "text", text: token.text.slice(1, -1) };
    case "expression":
      return { by: "expression", source: expressionIn(token) };
    default:
      throw wrong(token, "should be a value, a pattern or an /expression/");
  }
}

/** An expression that matches in a time that does not explode: no group is repeated, and not much else. */
function expressionIn(token: Token): string {
  const source = token.text.slice(1, -1).replaceAll(String.raw`\/`, "/");
  const bare = source.replace(/\\./g, "x").replace(/\[\^?\]?[^\]]*\]/g, "x");
  if (/\)[*+{]/.test(bare)) throw wrong(token, "repeats a group, which may take for ever");
  if (/\(\?/.test(bare) || /\\[1-9k]/.test(source))
    throw wrong(token, "looks around or back, which may take for ever");
  if ((bare.match(/[*+{]/g) ?? []).length > 3)
    throw wrong(token, "repeats more than three times, which may take for ever");
  try {
    return new RegExp(source, "u").source;
  } catch {
    throw wrong(token, "is no regular expression");
  }
}
