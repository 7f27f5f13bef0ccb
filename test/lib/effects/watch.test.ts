import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Watch, watchFolder } from "../../../lib/effects/watch.ts";
import { aFolder } from "../../support/folder.ts";

const HOUR = 3_600_000;
const never = new AbortController().signal;

function watched(folder: string): Watch {
  const watch = watchFolder(folder);
  onTestFinished(() => watch.close());
  return watch;
}

test.each([
  ["a file that is written", (folder: string) => writeFileSync(join(folder, "new"), "")],
  ["a file that is given its name", (folder: string) => renameSync(join(folder, "old"), join(folder, "new"))],
  ["a file that goes", (folder: string) => rmSync(join(folder, "old"))],
])("%s ends the wait", async (_what, change) => {
  const folder = aFolder();
  writeFileSync(join(folder, "old"), "");
  const watch = watched(folder);
  const waiting = watch.wait(HOUR, never);
  change(folder);
  await expect(waiting).resolves.toBeUndefined();
});

test("what happened while nobody waited ends the next wait at once, and no other", async () => {
  const folder = aFolder();
  const watch = watched(folder);
  const first = watch.wait(HOUR, never);
  mkdirSync(join(folder, "one"));
  await first;
  mkdirSync(join(folder, "two"));
  await watch.wait(HOUR, never);
  const begun = performance.now();
  await watch.wait(50, never);
  expect(performance.now() - begun).toBeGreaterThan(40);
});

test("time ends the wait where nothing happens", async () => {
  const folder = aFolder();
  await watched(folder).wait(10, never);
  await watched(join(folder, "none")).wait(10, never);
});

test("a wait of a month is no wait of a millisecond", async () => {
  const leaving = new AbortController();
  const waiting = watched(aFolder()).wait(31 * 24 * HOUR, leaving.signal);
  const timer = new Promise((resolve) => setTimeout(resolve, 100, "still waiting"));
  expect(await Promise.race([waiting, timer])).toBe("still waiting");
  leaving.abort();
  await waiting;
});

test("a signal ends the wait, before it or during it", async () => {
  const watch = watched(aFolder());
  await watch.wait(HOUR, AbortSignal.abort());
  const leaving = new AbortController();
  const waiting = watch.wait(HOUR, leaving.signal);
  leaving.abort();
  await expect(waiting).resolves.toBeUndefined();
});

test("who closes a watch is not kept waiting", async () => {
  const watch = watchFolder(aFolder());
  const waiting = watch.wait(HOUR, never);
  watch.close();
  await expect(waiting).resolves.toBeUndefined();
});
