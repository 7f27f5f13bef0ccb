import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const TESTS = new URL("..", import.meta.url).pathname;

/** Every test, and what it imports its cases from. */
const tests = readdirSync(TESTS, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => readFileSync(join(TESTS, path), "utf8"));

/** Groups that a test takes its cases out of one by one, and how many there are. */
const COUNTED: Readonly<Record<string, number>> = { locks: 2, end_to_end: 1 };

describe.each([
  ["yodeploy-cases.json", "/yodeploy.ts"],
  ["smush-cases.json", "/cases.ts"],
])("of %s", (fixture, source) => {
  const recorded = JSON.parse(readFileSync(join(TESTS, "fixtures", fixture), "utf8")) as Record<
    string,
    unknown
  >;
  const groups = Object.entries(recorded).filter(([, cases]) => Array.isArray(cases));
  const sources = tests.filter((text) => text.includes(`${source}"`));

  test.each(groups)("every case of %s has its test", (group, cases) => {
    // Walked whole: as a table, in a loop, or in a list with another group.
    const whole = new RegExp(String.raw`(?:\(\s*|of |\.\.\.)CASES\.${group}[\]),.]`);
    if (COUNTED[group] === undefined) expect(sources.filter((text) => whole.test(text))).not.toEqual([]);
    else {
      expect(sources.some((text) => text.includes(`CASES.${group}`))).toBe(true);
      expect(cases).toHaveLength(COUNTED[group]);
    }
  });
});
