import { expect, test } from "vitest";
import { type HistoryLine, toldReleases } from "../../agent/releases.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { releaseName, revision } from "../../lib/schema/names.ts";

const [one, two] = ["20261125T120000-1234567", "20261125T130000-1234567"].map((name) =>
  releaseName.parse(name),
);
const at = (minute: number) => `2026-11-25T12:${String(minute).padStart(2, "0")}:00.000Z`;

const line = (
  release: typeof one,
  event: HistoryLine["event"],
  minute: number,
  why?: string,
): HistoryLine => ({
  release: release!,
  revision: revision.parse("1".repeat(40)),
  event,
  at: at(minute),
  rollout: newCommandId(),
  ...(why && { why }),
});

test("people are told when a release was built, when it was live last, and why it failed", () => {
  const history = [
    line(one, "built", 0),
    line(one, "live", 1),
    line(two, "built", 2),
    line(one, "left", 3),
    line(two, "live", 3),
    line(two, "failed", 4, "the check"),
    line(two, "left", 5),
    line(one, "live", 5),
  ];
  const revisionOf = { revision: "1".repeat(40) };
  expect(toldReleases([two!, one!, "by-hand"], history)).toEqual([
    { release: one, ...revisionOf, built: at(0), from: at(5), to: at(3) },
    { release: two, ...revisionOf, built: at(2), from: at(3), to: at(5), failed: at(4), why: "the check" },
  ]);
});

test("a folder that was never finished is told of as that", () => {
  expect(toldReleases([one!], [])).toEqual([{ release: one }]);
});

test("what happened to another folder of that name, which is gone, is not told", () => {
  const history = [line(one, "built", 0), line(one, "failed", 1, "x"), line(one, "built", 2)];
  expect(toldReleases([one!], history)).toMatchObject([{ built: at(2) }]);
  expect(toldReleases([one!], history)[0]).not.toHaveProperty("failed");
});
