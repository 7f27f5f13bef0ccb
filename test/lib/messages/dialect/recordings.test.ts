import { expect, test } from "vitest";
import { EXPECTED } from "./expected.ts";
import { RECORDINGS } from "./fixtures.ts";
import { told } from "./told.ts";

test("what is expected is expected of every recording", () => {
  expect([...RECORDINGS.keys()].toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  expect([...RECORDINGS.values()].flat().length).toBeGreaterThan(200);
});

test.each([...RECORDINGS])("%s is taken for what it says", (name, frames) => {
  expect(frames.map(told)).toEqual(EXPECTED[name]);
});
