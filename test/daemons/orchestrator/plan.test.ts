import fc from "fast-check";
import { expect, test } from "vitest";
import { planBatches } from "../../../daemons/orchestrator/plan.ts";
import { hostName } from "../../../lib/schema/names.ts";
import { portion } from "../../../lib/schema/quantities.ts";

const hosts = (count: number) =>
  Array.from({ length: count }, (_, index) => hostName.parse(`web${index + 1}`));

test("the canary goes first, then batch by batch", () => {
  expect(planBatches(hosts(5), { canary: 1, batches: 2 })).toEqual([
    ["web1"],
    ["web2", "web3"],
    ["web4", "web5"],
  ]);
});

test("a share is a share of all hosts, at least one", () => {
  expect(planBatches(hosts(8), { canary: 0, batches: "25%" }).map(({ length }) => length)).toEqual([
    2, 2, 2, 2,
  ]);
  expect(planBatches(hosts(3), { canary: 1, batches: "1%" }).map(({ length }) => length)).toEqual([1, 1, 1]);
});

test("every host has its turn once, in the order that was given", () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 5 }),
      size,
      (count, canary, batches) => {
        expect(planBatches(hosts(count), { canary, batches: portion.parse(batches) }).flat()).toEqual(
          hosts(count),
        );
      },
    ),
  );
});
