import fc from "fast-check";
import { expect, test } from "vitest";
import { smush } from "../../../lib/layers/merge.ts";
import { readLayer } from "../../../lib/layers/read.ts";
import { valueAt } from "../../../lib/layers/dotted.ts";
import { trailOf } from "../../../lib/layers/why.ts";
import { HIDDEN, jsonOf } from "../../../lib/layers/write/json.ts";
import { yamlOf } from "../../../lib/layers/write/yaml.ts";
import { envOf } from "../../../lib/layers/write/env.ts";
import { dictFrom, told } from "./cases.ts";

const key = fc.oneof(
  fc.constantFrom("a", "b", "c", "__proto__", "constructor", "toString", "1", "é ü"),
  fc.string({ maxLength: 6 }).filter((text) => !text.startsWith("$")),
);
const { dict } = fc.letrec((tie) => ({
  leaf: fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 8 })),
  value: fc.oneof({ maxDepth: 3 }, tie("leaf"), tie("dict"), fc.array(tie("leaf"), { maxLength: 3 })),
  dict: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: false }),
}));

test("what was read is written again, in JSON and in YAML, whatever its keys are", () => {
  fc.assert(
    fc.property(dict, (said) => {
      const { whole } = smush([dictFrom(said)]);
      expect(told(readLayer(jsonOf(whole, HIDDEN), "x.json").top)).toEqual(told(whole));
      expect(told(readLayer(yamlOf(whole, HIDDEN), "x.yaml").top)).toEqual(told(whole));
    }),
  );
});

test("a layer over nothing is itself, nothing over a layer changes nothing, and no prototype is ever touched", () => {
  fc.assert(
    fc.property(dict, (said) => {
      const once = smush([dictFrom(said)]).whole;
      expect(told(smush([dictFrom({}), dictFrom(said), dictFrom({})]).whole)).toEqual(told(once));
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  );
});

test("how many layers are laid at once makes no difference", () => {
  fc.assert(
    fc.property(dict, dict, dict, (one, two, three) => {
      const [first, second, third] = [one, two, three].map(dictFrom);
      if (!first || !second || !third) return;
      const all = smush([first, second, third]);
      const below = smush([first, second]);
      if (below.problems.length > 0) return;
      expect(told(smush([third], below.whole).whole)).toEqual(told(all.whole));
    }),
  );
});

test("who said a value is told, the last one last", () => {
  const layers = [
    readLayer("db:\n  host: one\n  port: 1\n", "common.yaml"),
    readLayer('{"db": {"host": "two"}}', "shop.json"),
    readLayer("db: {port: !deleted }\n", "shop-production.yaml"),
  ];
  const { whole } = smush(layers.map(({ top }) => top));
  expect(told(whole)).toEqual({ db: { host: "two" } });
  const said = trailOf(layers, "db.host").map(({ at, value }) => [at.file, at.line, told(value)]);
  expect(said).toEqual([
    ["common.yaml", 2, "one"],
    ["shop.json", 1, "two"],
  ]);
  expect(trailOf(layers, "db.port").map(({ value }) => told(value))).toEqual([1, { $deleted: true }]);
  expect(valueAt(whole, "db.port")).toBeUndefined();
});

test.each([
  ["a tag that nobody knows", "x.yaml", "a: !!js/function 'x'\n", /x\.yaml|tag/i],
  ["a key that stands twice", "x.json", '{"a": 1, "a": 2}', /stands here twice/],
  ["half a JSON", "x.json", '{"a": ', /ends in the middle/],
  ["a list", "x.yaml", "- a\n", /a layer is a dict/],
  ["deep nesting", "x.json", `{"a":${"[".repeat(20_000)}`, /nested more than/],
  ["an alias", "x.yaml", "a: &a [1]\nb: *a\n", /alias/],
  [
    "a secret that is said outright",
    "x.yaml",
    "a: !secret {value: hunter2}\n",
    /must be where the secret is found/,
  ],
  ["a deletion that says something", "x.yaml", "a: !deleted yes\n", /stands alone/],
  ["a number that JSON cannot hold", "x.yaml", "a: .inf\n", /cannot hold/],
])("%s is refused, and where it stands is told", (_what, name, text, says) => {
  const { problems } = readLayer(text, name);
  expect(problems.map(({ at, says: said }) => `${at.file}:${at.line} ${said}`).join("\n")).toMatch(says);
  expect(problems.map(({ says: said }) => said).join()).not.toContain("hunter2");
});

test("variables are quoted so that a shell finds nothing in them", () => {
  const { whole } = smush([
    dictFrom({ db: { host: "a b", pass: "$(rm -rf /)'x" }, list: [1, "a"], none: null, yes: true }),
  ]);
  expect(envOf(whole, HIDDEN, [])).toBe(
    "DB_HOST='a b'\nDB_PASS='$(rm -rf /)'\\''x'\nLIST='[1, \"a\"]'\nNONE=\nYES=true\n",
  );
  const problems: { readonly says: string }[] = [];
  envOf(smush([dictFrom({ "a-b": 1, a_b: 2 })]).whole, HIDDEN, problems as never);
  expect(problems[0]?.says).toContain("is A_B");
});
