import fc from "fast-check";
import { expect, test } from "vitest";
import { coalesced } from "../../../lib/pace/coalesced.ts";

/** Work that a test ends by hand. */
function byHand() {
  const begun: {
    readonly key: string;
    readonly end: (items?: string[]) => void;
    readonly fail: () => void;
  }[] = [];
  const ask = coalesced(
    (key: string) =>
      new Promise<string[]>((resolve, reject) => {
        begun.push({ key, end: (items = [key]) => resolve(items), fail: () => reject(new Error("no")) });
      }),
  );
  return { begun, ask };
}

test("one request is one run", async () => {
  const { begun, ask } = byHand();
  const asked = ask("shop");
  begun[0]?.end(["change"]);
  expect(await asked).toEqual(["change"]);
  expect(begun).toHaveLength(1);
});

test("all that come while a run is under way share the next one, and its result is told once", async () => {
  const { begun, ask } = byHand();
  const first = ask("shop");
  const rest = [ask("shop"), ask("shop"), ask("shop")];
  expect(begun).toHaveLength(1);
  begun[0]?.end(["first"]);
  await first;
  await Promise.resolve();
  begun[1]?.end(["second"]);
  expect(await Promise.all(rest)).toEqual([["second"], [], []]);
  expect(begun).toHaveLength(2);
});

test("keys do not wait for each other", async () => {
  const { begun, ask } = byHand();
  const asked = [ask("shop"), ask("docs")];
  expect(begun.map(({ key }) => key)).toEqual(["shop", "docs"]);
  for (const each of begun) each.end();
  await Promise.all(asked);
});

test("a failure is told to all who shared it, and the next request tries again", async () => {
  const { begun, ask } = byHand();
  const first = ask("shop");
  const shared = [ask("shop"), ask("shop")];
  begun[0]?.fail();
  await expect(first).rejects.toThrow("no");
  begun[1]?.fail();
  for (const each of shared) await expect(each).rejects.toThrow("no");
  const again = ask("shop");
  begun[2]?.end(["back"]);
  expect(await again).toEqual(["back"]);
});

interface Run {
  readonly key: string;
  readonly begun: number;
  ended: boolean;
}

test("when a request is answered, a run of its key that began after it has ended; two runs of a key never overlap", async () => {
  const request = fc.record({ key: fc.constantFrom("a", "b"), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(request, { minLength: 1, maxLength: 30 }),
      async (scheduler, requests) => {
        let clock = 0;
        const runs: Run[] = [];
        const ask = coalesced(async (key: string) => {
          expect(runs.filter((each) => each.key === key && !each.ended)).toEqual([]);
          const run: Run = { key, begun: (clock += 1), ended: false };
          const fails = requests[runs.push(run) - 1]?.fails;
          await scheduler.schedule(Promise.resolve(), "run");
          run.ended = true;
          if (fails === true) throw new Error("no");
          return [run];
        });
        const told: Run[] = [];
        const asked = requests.map(async ({ key }) => {
          await scheduler.schedule(Promise.resolve(), "request");
          const at = clock;
          told.push(...(await ask(key).catch(() => [])));
          expect(runs.some((run) => run.key === key && run.begun > at && run.ended)).toBe(true);
        });
        await scheduler.waitFor(Promise.all(asked));
        expect(new Set(told).size).toBe(told.length);
        expect(runs.length).toBeLessThanOrEqual(requests.length);
      },
    ),
    { numRuns: 300 },
  );
});
