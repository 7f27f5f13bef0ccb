import { expect, test } from "vitest";
import { backoff } from "../../../../lib/bus/stomp/backoff.ts";

const settings = { initialReconnectDelay: 100, maxReconnectDelay: 30_000, backOffMultiplier: 2 };

test("waits double from the first to the longest, and begin anew after a reset", () => {
  const { next, reset } = backoff(settings, () => 1);

  expect(Array.from({ length: 11 }, next)).toEqual([
    100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000,
  ]);
  reset();
  expect(next()).toBe(100);
});

test("chance shortens each wait by up to a half", () => {
  expect([0, 0.5, 1].map((chance) => backoff(settings, () => chance).next())).toEqual([50, 75, 100]);
});

test("without a multiplier, each wait is as long as the first", () => {
  const { next } = backoff({ ...settings, backOffMultiplier: 1 }, () => 1);

  expect([next(), next(), next()]).toEqual([100, 100, 100]);
});
