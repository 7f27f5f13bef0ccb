import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseStrictJson } from "../../../lib/security/strict-json.ts";

const parse = (text: string) => parseStrictJson(Buffer.from(text), 65_536);
const ascii = (value: unknown) =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

test("what JSON.stringify writes is read as JSON.parse reads it", () => {
  const value = fc.jsonValue({ maxDepth: 10, stringUnit: "grapheme", noUnicodeString: false });
  fc.assert(
    fc.property(value, (value) => {
      const text = ascii(value);
      fc.pre(!text.includes("__proto__") && !text.includes("-0"));
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  ["nothing", ""],
  ["text after its end", "{} x"],
  ["two values", "{}{}"],
  ["a text without an end", '{"a":"b'],
  ["a byte order mark", "\u{feff}{}"],
  ["a character beyond ASCII", '{"a":"\u{e9}"}'],
  ["a key twice", '{"a":1,"b":2,"a":3}'],
  ["a key twice, once in escapes", '{"a":1,"\\u0061":3}'],
  ["a key twice, far below", '{"a":[{"b":1},{"b":{"c":1,"c" :1}}]}'],
  ["a key that means the prototype", '{"__proto__":{"polluted":true}}'],
  ["a key that means the prototype, in escapes", '{"\\u005f_proto__":1}'],
  ["half a character", '"\\ud800"'],
  ["the other half", '"x\\udc00"'],
  ["half a character in a key", '{"\\ud800":1}'],
  ["a number beyond all numbers", "[1e400]"],
  ["minus nothing", "[-0]"],
  ["minus nothing at all", "[-0.0e5]"],
  ["seventeen levels", "[".repeat(17) + "]".repeat(17)],
  ["a hundred thousand levels", "[".repeat(100_000)],
  ["a byte too many", `"${"x".repeat(65_535)}"`],
])("%s is refused", (_what, text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: "E_PARSE" }));
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("what only looks like a repeat is read", () => {
  expect(parse('{"a":"a","b":{"a":["a","a"]},"c":"\\"a\\":1,\\"a\\":2"}')).toMatchObject({
    b: { a: ["a", "a"] },
  });
});

test("sixteen levels, and the last byte, are read", () => {
  expect(parse("[".repeat(16) + "]".repeat(16))).toHaveLength(1);
  expect(parse(`"${"x".repeat(65_534)}"`)).toHaveLength(65_534);
});
