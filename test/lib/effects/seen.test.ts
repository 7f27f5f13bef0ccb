import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openSeen } from "../../../lib/effects/seen.ts";
import { aFolder } from "../../support/folder.ts";

let path: string;
let clock: Date;
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21) + seconds * 1_000);
beforeEach(() => {
  path = join(aFolder(), "seen", "deliveries.jsonl");
  clock = at(0);
});
const open = (most = 100) => openSeen(path, { keep: 60_000, most, now: () => clock });

test("what was put is known, also when it is opened again, as it was put last", async () => {
  const seen = await open();
  await seen.put("a", { at: at(0), done: false });
  await seen.put("b", { at: at(1), done: false });
  await seen.put("a", { at: at(0), done: true });
  for (const each of [seen, await open()]) {
    expect(each.get("a")).toEqual({ at: at(0), done: true });
    expect(each.get("b")).toEqual({ at: at(1), done: false });
    expect(each.get("__proto__")).toBeUndefined();
  }
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("it is forgotten when its time is over", async () => {
  const seen = await open();
  await seen.put("a", { at: at(0), done: true });
  clock = at(60);
  expect(seen.get("a")).toBeDefined();
  clock = at(61);
  expect(seen.get("a")).toBeUndefined();
  expect((await open()).get("a")).toBeUndefined();
  expect(readFileSync(path, "utf8")).toBe("");
});

test("it never holds more than it may, on disk neither: the oldest go", async () => {
  const seen = await open(10);
  for (let count = 0; count < 200; count += 1) await seen.put(`${count}`, { at: at(0), done: true });
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  expect(lines.length).toBeLessThanOrEqual(20);
  const again = await open(10);
  expect(again.get("199")).toBeDefined();
  expect(again.get("180")).toBeUndefined();
});

test("half a line, as a full disk leaves it, spoils neither the one before nor the one after", async () => {
  await (await open()).put("a", { at: at(0), done: true });
  appendFileSync(path, '{"name":"b","at":"2026-');
  const seen = await open();
  appendFileSync(path, '{"name":"c","at":"2026-');
  await seen.put("d", { at: at(0), done: true });
  const again = await open();
  expect(["a", "b", "c", "d"].map((name) => again.get(name)?.done)).toEqual([
    true,
    undefined,
    undefined,
    true,
  ]);
});

test("two that have it open, as while a configuration is read again, do not hurt each other", async () => {
  const [first, second] = [await open(), await open()];
  await Promise.all(
    Array.from({ length: 20 }, (_none, index) =>
      (index % 2 === 0 ? first : second).put(`${index}`, { at: at(0), done: true }),
    ),
  );
  const again = await open();
  expect(Array.from({ length: 20 }, (_none, index) => again.get(`${index}`)?.done)).toEqual(
    Array(20).fill(true),
  );
});
