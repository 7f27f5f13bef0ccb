import fc from "fast-check";
import { expect, test } from "vitest";
import { type Circumstances, nextOf } from "../../../daemons/notifier/next.ts";
import type { Waiting } from "../../../daemons/notifier/spool.ts";
import { waitingFor } from "./builders.ts";

const AT = Date.parse("2026-11-21T10:15:02Z");
const MINUTE = 60_000;
const calm = (more: Partial<Circumstances> = {}): Circumstances => ({
  now: AT,
  forPeople: true,
  late: { after: 60 * MINUTE, tell: "summary" },
  "give-up": 24 * 60 * MINUTE,
  toldAt: () => [],
  ...more,
});
const limited = (count: number) => ({ limit: { rule: "0", count, window: MINUTE } });
const several = (count: number, said: Partial<Waiting> = {}) =>
  Array.from({ length: count }, (_, index) => waitingFor(index + 1, said));

test("the oldest is told first", () => {
  const [first, second] = several(2);
  expect(nextOf([first, second] as Waiting[], calm())).toMatchObject({ do: "send", entries: [first] });
  expect(nextOf([], calm())).toEqual({ do: "nothing" });
});

test("the last that a limit allows tells of all that wait behind it", () => {
  const waiting = several(20, limited(3));
  const told = [AT, AT];
  const choice = nextOf(waiting, calm({ toldAt: () => told }));
  expect(choice).toMatchObject({ do: "send", entries: waiting });
  expect(choice.do === "send" && choice.notice.text).toBe(
    [
      "and 20 more (20 event.said):",
      ...Array.from({ length: 8 }, (_, index) => `- text ${index + 1}`),
      "- and 12 others",
    ].join("\n"),
  );
});

test("where nothing is allowed any more, what another rule sends passes by", () => {
  const held = waitingFor(1, limited(1));
  const other = waitingFor(2, { limit: { rule: "1", count: 1, window: MINUTE } });
  const toldAt = (rule: string) => (rule === "0" ? [AT - 1_000] : []);
  expect(nextOf([held, other], calm({ toldAt }))).toMatchObject({ entries: [other] });
  expect(nextOf([held], calm({ toldAt }))).toEqual({ do: "nothing" });
  expect(nextOf([held], calm({ toldAt, now: AT + MINUTE }))).toMatchObject({ entries: [held] });
});

test("however much comes, nobody is told more than the limit allows in any window, nothing is lost, and order is kept", () => {
  const arrivals = fc.array(fc.integer({ min: 0, max: 5 * MINUTE }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 5 }), (times, count) => {
      const coming = times.toSorted((a, b) => a - b);
      const told: number[] = [];
      const settled: number[] = [];
      let waiting: Waiting[] = [];
      for (let now = AT; now <= AT + 12 * MINUTE; now += 1_000) {
        while (coming[0] !== undefined && AT + coming[0] <= now) {
          coming.shift();
          const time = new Date(now).toISOString();
          waiting.push(
            waitingFor(times.length - coming.length, { queued: time, said: { time }, ...limited(count) }),
          );
        }
        const choice = nextOf(waiting, calm({ now, toldAt: () => told }));
        if (choice.do !== "send") continue;
        told.push(now);
        settled.push(...choice.entries.map(({ sequence }) => sequence));
        waiting = waiting.filter((each) => !choice.entries.includes(each));
      }
      expect(settled).toEqual(times.map((_, index) => index + 1));
      for (const at of told)
        expect(told.filter((each) => each >= at && each < at + MINUTE).length).toBeLessThanOrEqual(count);
    }),
    { numRuns: 30 },
  );
});

test("what comes late is summed up, told all the same, or not at all, as configured", () => {
  const waiting = [...several(3), waitingFor(4, { said: { time: "2026-11-21T12:00:00Z", tone: "bad" } })];
  const now = Date.parse("2026-11-21T12:00:01Z");
  const choice = (tell: "all" | "summary" | "nothing") =>
    nextOf(waiting, calm({ now, late: { after: 60 * MINUTE, tell } }));
  expect(choice("all")).toMatchObject({ do: "send", entries: [waiting[0]] });
  expect(choice("nothing")).toMatchObject({ do: "drop", entries: waiting.slice(0, 3) });
  const summed = choice("summary");
  expect(summed).toMatchObject({ do: "send", entries: waiting.slice(0, 3), notice: { tone: "plain" } });
  expect(summed.do === "send" && summed.notice.text).toMatch(
    /^late: 3 messages, since 2026-11-21T10:15:02Z \(3 event.said\):\n- text 1/,
  );
});

test("a program is told everything, one by one, however late", () => {
  const waiting = several(3, limited(1));
  const now = Date.parse("2026-11-21T20:00:00Z");
  expect(nextOf(waiting, calm({ forPeople: false, now, toldAt: () => [now] }))).toMatchObject({
    entries: [waiting[0]],
  });
});

test("what waited too long is given up", () => {
  const waiting = several(2);
  expect(nextOf(waiting, calm({ now: AT + 25 * 60 * MINUTE }))).toEqual({
    do: "drop",
    entries: waiting,
    why: "it waited too long",
  });
});
