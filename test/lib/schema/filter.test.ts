import fc from "fast-check";
import { expect, test } from "vitest";
import { fits, hostFilter } from "../../../lib/schema/filter.ts";
import { parseFilter } from "../../../lib/schema/filter-grammar.ts";

const web1 = {
  host: "web1",
  labels: { role: "web", rack: "a" },
  facts: { os: "Debian GNU/Linux 12", memory: "16", php: "8.10.2", "net.ip": "10.0.0.7", role: "shadowed" },
  classes: ["nginx", "base::ntp"],
};

test.each([
  ["*", true],
  ["web*", true],
  ["web2", false],
  ["web1,web2", true],
  ["role=web", true],
  ["role=db", false],
  ["role!=db", true],
  ["none=x", false],
  ["none!=x", true],
  ["role=web and rack=a", true],
  ["role=web and rack=b", false],
  ["role=db, web1", true],
  ["constructor=x", false],
  ["/^web\\d$/", true],
  ["/^db/", false],
  ['"web1"', true],
  ['"web*"', false],
  ["role=db or web1", true],
  ["not web1", false],
  ["not web2 and role=web", true],
  ["not (web2 or role=web)", false],
  ["(web2 or web1) and (rack=b, rack=a)", true],
  ["web2 or web1 and rack=b", false],
  ["role=shadowed", false],
  ["memory>8", true],
  ["memory>=16 and memory<=16", true],
  ["memory<16", false],
  ["php>8.9", true],
  ["php < 8.10.10", true],
  ["none<1", false],
  ['os="Debian GNU/Linux 12"', true],
  ["os=Debian*", true],
  ["os=~/Linux 1[1-3]$/", true],
  ["os!~/Ubuntu/", true],
  ["net.ip=10.0.0.?", true],
  ["class=nginx", true],
  ["class=base::*", true],
  ["class=apache", false],
  ["class!=apache", true],
  ["class=~/^ng/ and identity=web1", true],
])("%s fits web1: %s", (text, expected) => {
  expect(fits(hostFilter.parse(text), web1)).toBe(expected);
});

test.each([
  ["", "at column 1, the end should be a value"],
  [" ", "at column 2, the end should be a value"],
  ["role=", "at column 6, the end should be a value"],
  ["a b", "at column 3, b should be and, or, a comma or the end"],
  ["role==x", "at column 6, = should be a value"],
  ["$(x)", "at column 1, $(x) cannot be read"],
  ["web1,,web2", "at column 6, , should be a value"],
  ["web1 and", "at column 9, the end should be a value"],
  ["web1 and or", "at column 10, or should be a term"],
  ["(web1 or web2", "at column 14, the end should be and, or, a comma or )"],
  ["9x=1", "at column 1, 9x should be the name"],
  ["role=~web", "at column 7, web should be an /expression/"],
  ["role</x/", "at column 6, /x/ should be a value"],
  ["role=~/(/", "at column 7, /(/ is no regular expression"],
  ["role=~/(a+)+$/", "at column 7, /(a+)+$/ repeats a group"],
  ["role=~/(?=a)/", "looks around"],
  ["role=~/a*b*c*d*e*/", "repeats more than three times"],
  [`${"(".repeat(60)}a${")".repeat(60)}`, "nested deeper"],
])("%j is no filter: %s", (text, why) => {
  const { error } = hostFilter.safeParse(text);
  expect(error?.issues[0]?.message).toContain(`must be a host filter: `);
  expect(error?.issues[0]?.message).toContain(why);
});

type Facts = Readonly<Record<string, string>>;

/** A filter as people write it, with what it comes to for a host whose facts say which of a, b and c hold. */
interface Said {
  readonly text: string;
  readonly holds: (facts: Facts) => boolean;
}
const term: fc.Arbitrary<Said> = fc
  .tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("=", "!="))
  .map(([name, operator]) => ({
    text: `${name}${operator}yes`,
    holds: (facts) => (facts[name] === "yes") === (operator === "="),
  }));
const { said } = fc.letrec<{ said: Said }>((tie) => ({
  said: fc.oneof(
    { maxDepth: 4 },
    term,
    fc.tuple(tie("said"), fc.constantFrom(" or ", ", "), tie("said")).map(([one, or, other]) => ({
      text: `(${one.text}${or}${other.text})`,
      holds: (facts: Facts) => one.holds(facts) || other.holds(facts),
    })),
    fc.tuple(tie("said"), tie("said")).map(([one, other]) => ({
      text: `(${one.text} and ${other.text})`,
      holds: (facts: Facts) => one.holds(facts) && other.holds(facts),
    })),
    tie("said").map((one) => ({ text: `not ${one.text}`, holds: (facts: Facts) => !one.holds(facts) })),
  ),
}));
const answer = fc.constantFrom("yes", "no");

test("however terms are joined, a filter comes to what it says", () => {
  fc.assert(
    fc.property(said, fc.record({ a: answer, b: answer, c: answer }), ({ text, holds }, facts) => {
      expect(fits(hostFilter.parse(text), { host: "x", labels: {}, facts })).toBe(holds(facts));
    }),
  );
});

test("and binds more than or, and not more than and", () => {
  const facts = { a: "yes", b: "no", c: "no" };
  const is = (text: string) => fits(hostFilter.parse(text), { host: "x", labels: {}, facts });
  expect(is("a=yes or b=yes and c=yes")).toBe(true);
  expect(is("(a=yes or b=yes) and c=yes")).toBe(false);
  expect(is("not a=yes or a=yes")).toBe(true);
});

test("whatever is written, it is read or refused, and nothing takes long", () => {
  const pieces = fc.constantFrom(
    "and",
    "or",
    "not",
    "(",
    ")",
    ",",
    "a",
    "=",
    "=~",
    "/a+/",
    '"',
    '"x"',
    "<",
    " ",
    "*",
    "\\",
  );
  const texts = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join(" ")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const read = parseFilter(text);
      if ("wrong" in read) expect(read.wrong).toMatch(/^at column \d+, /);
      else fits(hostFilter.parse(text), web1);
    }),
  );
  const long = "a".repeat(100_000);
  const begun = performance.now();
  fits(hostFilter.parse("x=~/a.*a.*a.*b$/"), { host: "x", labels: {}, facts: { x: long } });
  expect(performance.now() - begun).toBeLessThan(5_000);
});
