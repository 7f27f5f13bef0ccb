import { expect, test } from "vitest";
import { limited } from "../../../lib/pace/limited.ts";

test("so many at once, in the order in which they came, failures included", async () => {
  let under = 0;
  let most = 0;
  const begun: number[] = [];
  const work = limited(3, async (each: number) => {
    begun.push(each);
    most = Math.max(most, (under += 1));
    await new Promise((resolve) => setImmediate(resolve));
    under -= 1;
    if (each % 2 === 0) throw new Error(`${each} is even`);
    return each;
  });
  const all = Array.from({ length: 20 }, (_none, index) => index);
  const results = await Promise.allSettled(all.map(work));
  expect(begun).toEqual(all);
  expect(most).toBe(3);
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(10);
  expect(await work(1)).toBe(1);
});
