import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareVersions } from "../../../lib/schema/debian-version.ts";
import { describeNeeding } from "../../support/needing.ts";

test.each([
  ["1.0", "1.1"],
  ["2.0~rc1", "2.0"],
  ["2.0~~", "2.0~"],
  ["9", "10"],
  ["99:1", "100:0"],
  ["1.0-1", "1.0-1.1"],
  ["1.0", "1.0-1"],
  ["1.0a", "1.0+"],
  ["1.0-9", "1:0.1-1"],
  ["1.18446744073709551615", "1.18446744073709551616"],
])("%s is older than %s", (older, newer) => {
  expect(Math.sign(compareVersions(older, newer))).toBe(-1);
  expect(Math.sign(compareVersions(newer, older))).toBe(1);
});

test.each([
  ["1.0", "1.00"],
  ["0:1.0", "1.0"],
  ["1.0-0", "1.0"],
])("%s and %s are the same age", (one, other) => {
  expect(compareVersions(one, other)).toBe(0);
});

describeNeeding({ dpkg: "dpkg" }, "beside dpkg", () => {
  test("every two versions are in the order that dpkg gives them", () => {
    const part = fc
      .array(fc.constantFrom("0", "1", "9", "10", "00", "a", "B", "~", "+", ".", "rc"), { maxLength: 5 })
      .map((pieces) => pieces.join(""));
    const version = fc
      .tuple(fc.constantFrom("", "0:", "1:", "12:"), part, fc.option(part.filter((text) => text !== "")))
      .map(([epoch, upstream, revision]) => `${epoch}0${upstream}${revision === null ? "" : `-${revision}`}`);
    fc.assert(
      fc.property(version, version, (one, other) => {
        const { status } = spawnSync("dpkg", ["--compare-versions", one, "lt", other]);
        expect(compareVersions(one, other) < 0).toBe(status === 0);
      }),
      { numRuns: 300 },
    );
  });
});
