import fc from "fast-check";
import { expect, test } from "vitest";
import { atMost } from "../../../lib/pace/at-most.ts";

test("everything is worked on, in any order, never more at once than allowed, and results keep their places", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.integer(), { maxLength: 30 }),
      async (scheduler, count, items) => {
        let under = 0;
        let most = 0;
        const done = atMost(count, items, async (item) => {
          most = Math.max(most, (under += 1));
          await scheduler.schedule(Promise.resolve());
          under -= 1;
          return item * 2;
        });
        await scheduler.waitFor(done);
        expect(await done).toEqual(items.map((item) => item * 2));
        expect(most).toBe(Math.min(count, items.length));
      },
    ),
  );
});
