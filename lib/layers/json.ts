import { float, meaningOf, type Spot, text } from "./forms.ts";
import type { Problem } from "./problem.ts";
import { keyBelow, type Place, type Value } from "./value.ts";

const TOKEN =
  /[ \t\r\n]*(?:(?<string>"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")|(?<number>-?(?:0|[1-9]\d*)(?<fraction>(?:\.\d+)?(?:[eE][+-]?\d+)?))|(?<word>true|false|null)|(?<mark>[[\]{},:])|(?<end>$))/y;

const KINDS = ["string", "number", "word", "mark", "end"] as const;

interface Token {
  readonly is: (typeof KINDS)[number];
  readonly text: string;
  /** Whether it is a number that is not a whole one. */
  readonly fraction: boolean;
  readonly at: Place;
}

/** That a text is not JSON, from some place on. */
class NotJson extends Error {
  readonly at: Place;

  constructor(at: Place, says: string) {
    super(says);
    this.at = at;
  }
}

/** Reads JSON (RFC 8259) that is not nested too deep; undefined where it is none, which is then among the problems. */
export function valueOfJson(source: string, file: string, problems: Problem[]): Value | undefined {
  const tokens = reader(source, file);
  try {
    const first = tokens.next();
    const value = valueFrom(first, tokens, { at: first.at, key: "", problems });
    tokens.expect("end", "");
    return value;
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    problems.push({ at: error.at, key: "", says: error.message });
    return undefined;
  }
}

interface Tokens {
  readonly next: () => Token;
  readonly expect: (is: Token["is"], text?: string) => Token;
}

function reader(source: string, file: string): Tokens {
  let offset = 0;
  let line = 1;
  let begin = 0;
  const placeOf = (index: number): Place => {
    for (let next = source.indexOf("\n", begin); next >= 0 && next < index; next = source.indexOf("\n", begin)) {
      line += 1;
      begin = next + 1;
    }
    return { file, line, column: index - begin + 1 };
  };
  const next = (): Token => {
    TOKEN.lastIndex = offset;
    const found = TOKEN.exec(source);
    if (found?.groups === undefined) {
      const blank = /[ \t\r\n]*/y;
      blank.lastIndex = offset;
      blank.exec(source);
      throw new NotJson(placeOf(blank.lastIndex), "is not JSON from here on");
    }
    offset = TOKEN.lastIndex;
    const { groups } = found;
    const is = KINDS.find((kind) => groups[kind] !== undefined) ?? "end";
    const said = groups[is] ?? "";
    return { is, text: said, fraction: (groups["fraction"] ?? "") !== "", at: placeOf(offset - said.length) };
  };
  return {
    next,
    expect: (is, said) => {
      const token = next();
      if (token.is === is && (said === undefined || token.text === said)) return token;
      throw unexpected(token);
    },
  };
}

const unexpected = ({ is, at }: Token): NotJson =>
  new NotJson(at, is === "end" ? "is not JSON: it ends in the middle" : "is not JSON from here on");

function valueFrom(token: Token, tokens: Tokens, spot: Spot): Value {
  const { at } = spot;
  switch (token.is) {
    case "string":
      return text(stringIn(token), spot);
    case "number":
      return token.fraction
        ? float(Number(token.text), spot)
        : { kind: "int", value: BigInt(token.text), at };
    case "word":
      return token.text === "null" ? { kind: "null", at } : { kind: "bool", value: token.text === "true", at };
    case "mark":
      if (token.text === "[") return { kind: "list", items: itemsFrom(tokens, spot), at };
      if (token.text === "{") return meaningOf(entriesFrom(tokens, spot), spot);
      throw unexpected(token);
    default:
      throw unexpected(token);
  }
}

const stringIn = ({ text }: Token): string => String(JSON.parse(text));

function itemsFrom(tokens: Tokens, { key, problems }: Spot): readonly Value[] {
  const items: Value[] = [];
  untilEnd(tokens, "]", (token) => {
    items.push(valueFrom(token, tokens, { at: token.at, key: keyBelow(key, items.length), problems }));
  });
  return items;
}

function entriesFrom(tokens: Tokens, { key, problems }: Spot): ReadonlyMap<string, Value> {
  const entries = new Map<string, Value>();
  untilEnd(tokens, "}", (token) => {
    if (token.is !== "string") throw unexpected(token);
    const name = stringIn(token);
    const spot = { at: token.at, key: keyBelow(key, name), problems };
    if (entries.has(name)) problems.push({ ...spot, says: "stands here twice" });
    if (/\p{Surrogate}/u.test(name)) problems.push({ ...spot, says: "holds half a character" });
    tokens.expect("mark", ":");
    entries.set(name, valueFrom(tokens.next(), tokens, spot));
  });
  return entries;
}

/** Takes one after the other of what commas divide, to the mark that ends it. */
function untilEnd(tokens: Tokens, end: "]" | "}", take: (first: Token) => void): void {
  const isEnd = ({ is, text }: Token) => is === "mark" && text === end;
  let token = tokens.next();
  if (isEnd(token)) return;
  for (;;) {
    take(token);
    const mark = tokens.expect("mark");
    if (isEnd(mark)) return;
    if (mark.text !== ",") throw unexpected(mark);
    token = tokens.next();
  }
}
