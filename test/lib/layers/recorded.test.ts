import { describe, expect, test } from "vitest";
import { lackOf, subsetOf, valueAt, withValue } from "../../../lib/layers/dotted.ts";
import { merge, smush } from "../../../lib/layers/merge.ts";
import type { Problem } from "../../../lib/layers/problem.ts";
import { sourcesOf } from "../../../lib/layers/sources.ts";
import { type Value } from "../../../lib/layers/value.ts";
import { openIn } from "../../../lib/layers/whole.ts";
import { HIDDEN, jsonOf } from "../../../lib/layers/write/json.ts";
import { CASES, dictFrom, saysOf, told, valueOf } from "./cases.ts";

/** What the original does by mistake, and what is done here instead. */
const FAULTS: Readonly<Record<string, { readonly better: string; readonly expected: unknown }>> = {
  "deleted inside a dict that replaces Missing is NOT processed": {
    better: "a deletion in what replaces a missing value deletes",
    expected: { foo: { y: 1 } },
  },
};

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/<class 'NoneType'>/g, "null"],
  [/<class 'yoconfigurator\.dicts\.DotDict'>/g, "a dict"],
  [/<class 'yoconfigurator\.dicts\.MissingValue'>/g, "a missing value"],
  [/<class 'int'>/g, "an int"],
  [/<class '(\w+)'>/g, "a $1"],
  [/a an int/g, "an int"],
  [/a null/g, "null"],
  [/a a /g, "a "],
];
const ourWords = (message: string) =>
  WORDS.reduce((text, [from, to]) => text.replace(from, to), message).toLowerCase();

describe("merging is as recorded:", () => {
  test.each(CASES.merge.map((each) => [FAULTS[each.name]?.better ?? each.name, each] as const))(
    "%s",
    (_name, given) => {
      const problems: Problem[] = [];
      const [below, above] = [valueOf(given.a), valueOf(given.b)];
      const merged = merge(asFirst(below), above, problems);
      if (given.error !== undefined) {
        expect(problems).toHaveLength(1);
        expect(saysOf(problems)).toContain(ourWords(given.message ?? ""));
        return;
      }
      expect(problems).toEqual([]);
      const expected = FAULTS[given.name]?.expected ?? given.expected;
      expect(told(merged)).toEqual(expected);
      expect(JSON.stringify(told(merged))).toBe(JSON.stringify(expected));
    },
  );
});

/** The recorded cases begin with what an earlier merge came to. */
const asFirst = (value: Value): Value => (value.kind === "dict" ? smush([value]).whole : value);

test.each(CASES.smush.map((each) => [each.name, each] as const))(
  "laying many over each other: %s",
  (_name, given) => {
    const { whole, problems } = smush(
      given.layers.map((each) => valueOf(each)),
      dictFrom(given.initial ?? {}),
    );
    expect(problems).toEqual([]);
    expect(told(whole)).toEqual(given.expected);
  },
);

test.each(CASES.filter.map((each) => [each.name, each] as const))(
  "what everybody may see: %s",
  (_name, given) => {
    const problems: Problem[] = [];
    const subset = subsetOf(dictFrom(given.config), given.keys, problems);
    expect(problems.length > 0).toBe(given.error !== undefined);
    if (given.error === undefined) expect(told(subset)).toEqual(given.expected);
    else expect(saysOf(problems)).toContain("there is no");
  },
);

test.each(CASES.dotted.map((each) => [`${each.op} ${each.key}`, each] as const))(
  "a dotted key: %s",
  (_name, given) => {
    const [tree, problems] = [dictFrom(given.tree), [] as Problem[]];
    if (given.op === "get") expect(told(valueAt(tree, given.key) ?? valueOf(null))).toEqual(given.expected);
    else {
      const made = withValue(tree, given.key.split("."), valueOf(given.value), problems);
      expect(problems.length > 0).toBe(given.error !== undefined);
      if (given.error === undefined) expect(told(made)).toEqual(given.expected);
    }
  },
);

test.each(CASES.sources.map((each) => [each.name, each] as const))(
  "the order of layers: %s",
  (_name, given) => {
    const sources = sourcesOf({
      app: given.app,
      environment: given.environment,
      // Without a cluster the original looks for a file that is named after its absence.
      cluster: given.cluster ?? "None",
      folders: given.configs_dirs,
      appFolder: given.app_dir,
      local: given.local,
      build: given.build,
    }).map(({ folder, name }) => `${folder}/${name}`);
    expect(sources.filter((each) => given.present.includes(each))).toEqual(given.expected);
  },
);

test.each(CASES.write.map((each) => [each.name, each] as const))("writing: %s", (_name, given) => {
  const whole = dictFrom(given.config);
  const open = openIn(smush([whole]).whole);
  const stray = given.name.includes("stray");
  if (given.error === undefined) expect(jsonOf(whole, HIDDEN)).toBe(given.text);
  // A deletion that stands in a layer is never written here: it deletes.
  else if (stray) expect(told(smush([whole]).whole)).toEqual({});
  else expect(saysOf(open)).toContain("missing value found in config");
});

test.each(CASES.missing_access.map((each) => [each.op, each] as const))(
  "what has no value yet says whose it is: %s",
  (_op, { message, expected }) => {
    const whole = dictFrom({ a: { $missing: "NAME" } });
    if (message !== undefined)
      expect(lackOf(whole, "a.b")).toContain(message.toLowerCase().replace("name", "NAME"));
    else expect(jsonOf(whole, HIDDEN)).toContain(JSON.stringify(expected));
  },
);

test("from an app's own layer to what everybody may see", () => {
  const [given] = CASES.end_to_end;
  const { whole } = smush([dictFrom(given?.app_default)], dictFrom({ yoconfigurator: { app: "myapp" } }));
  expect(told(whole)).toEqual(given?.configuration_json);
  expect(told(subsetOf(whole, given?.public_keys ?? [], []))).toEqual(given?.configuration_public_json);
});
