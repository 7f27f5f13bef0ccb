import { expect, test } from "vitest";
import { backOff } from "../../../lib/pace/back-off.ts";

const after = (seconds: number): Date => new Date(Date.parse("2026-11-21T10:15:02Z") + seconds * 1_000);

test("what it starts with is due at once, until it was done", () => {
  const missing = backOff(["shop", "docs"], { first: 10_000, most: 60_000 });
  expect(missing.due(after(0))).toEqual(["shop", "docs"]);
  expect(missing.succeeded("shop")).toBe(false);
  expect(missing.due(after(0))).toEqual(["docs"]);
});

test("each failure makes the wait longer, up to the longest", () => {
  const missing = backOff<string>([], { first: 10_000, most: 60_000 });
  const waits = [10, 20, 40, 60, 60];
  let time = 0;
  for (const wait of waits) {
    missing.failed("shop", after(time));
    expect(missing.due(after(time + wait - 1))).toEqual([]);
    expect(missing.due(after(time + wait))).toEqual(["shop"]);
    time += wait;
  }
});

test("the first failure is told from those after it, and a success begins anew", () => {
  const missing = backOff(["shop"], { first: 1, most: 1 });
  expect([missing.failed("shop", after(0)), missing.failed("shop", after(1))]).toEqual([true, false]);
  expect([missing.succeeded("shop"), missing.succeeded("shop")]).toEqual([true, false]);
  expect(missing.failed("shop", after(2))).toBe(true);
});
