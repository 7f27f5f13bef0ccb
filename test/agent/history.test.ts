import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addToHistory, readHistory, trimHistory } from "../../agent/history.ts";
import { layoutOf } from "../../agent/layout.ts";
import type { HistoryLine } from "../../agent/releases.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { releaseName, revision } from "../../lib/schema/names.ts";
import { aFolder } from "../support/folder.ts";

const line = (number: number, event: HistoryLine["event"]): HistoryLine => ({
  release: releaseName.parse(`20261125T12${String(number).padStart(4, "0")}-1234567`),
  revision: revision.parse("1".repeat(40)),
  event,
  at: "2026-11-25T12:00:00.000Z",
  rollout: newCommandId(),
});

function aHistory() {
  const layout = layoutOf(aFolder());
  mkdirSync(layout.own, { recursive: true });
  mkdirSync(layout.releases);
  return layout;
}

test("a step that is done again is no second event", async () => {
  const layout = aHistory();
  const built = line(1, "built");
  await addToHistory(layout, built);
  await addToHistory(layout, { ...built, at: "2026-11-25T13:00:00.000Z" });
  expect(await readHistory(layout)).toEqual([built]);
  const again = { ...built, rollout: newCommandId() };
  await addToHistory(layout, again);
  expect(await readHistory(layout)).toEqual([built, again]);
});

test("what somebody else wrote to it is read before it is gone on with", async () => {
  const layout = aHistory();
  const [ours, theirs, next] = [line(1, "built"), line(2, "built"), line(3, "built")];
  await addToHistory(layout, ours);
  appendFileSync(layout.history, `${JSON.stringify(theirs)}\n`);
  expect(await readHistory(layout)).toEqual([ours, theirs]);
  await addToHistory(layout, next);
  expect(await readHistory(layout)).toEqual([ours, theirs, next]);
});

test("of a long history the oldest is forgotten, but not what is known of a release that is still there", async () => {
  const layout = aHistory();
  const [kept, gone] = [line(1, "built"), line(2, "built")];
  mkdirSync(join(layout.releases, kept.release));
  const rest = Array.from({ length: 700 }, (_, at) => line(at + 3, "live"));
  appendFileSync(layout.history, [kept, gone, ...rest].map((each) => `${JSON.stringify(each)}\n`).join(""));
  await trimHistory(layout);
  expect(await readHistory(layout)).toEqual([kept, ...rest.slice(-300)]);
  const next = line(900, "live");
  await addToHistory(layout, next);
  expect((await readHistory(layout)).at(-1)).toEqual(next);
});
