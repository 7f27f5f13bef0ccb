import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Taken, takeLock } from "../../../lib/effects/lock.ts";
import { identityOf } from "../../../lib/effects/processes.ts";
import { CASES } from "../../support/yodeploy.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skein-lock-"));
  path = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

const held = (pid: number, started: string) =>
  writeFileSync(path, JSON.stringify({ holder: "somebody", pid, started, since: "2026-11-21T12:00:00Z" }));

test("one has it, the next one learns who, and after its release it is free", async () => {
  const first = await takeLock(path, "the first");
  expect(await takeLock(path, "the second")).toMatchObject({
    taken: false,
    by: { holder: "the first", pid: process.pid },
  });
  if (first.taken) await first.release();
  const second = await takeLock(path, "the second");
  expect(second.taken).toBe(true);
  if (second.taken) await second.release();
  expect(readdirSync(folder)).toEqual([]);
});

test.each<[string, () => void]>([
  ["a process that ended", () => held(spawnSync("true").pid, "boot 1")],
  ["a process that has the id of one that ended", () => held(process.pid, "another-boot 1")],
  ["a write that a power cut tore", () => writeFileSync(path, "")],
])("the lock of %s is taken over, by one only", async (_whose, left) => {
  left();
  const all = await Promise.all(Array.from({ length: 8 }, () => takeLock(path, "heir")));
  expect(all.filter(({ taken }) => taken)).toHaveLength(1);
  for (const each of all) if (each.taken) await each.release();
  expect(readdirSync(folder)).toEqual([]);
});

test("a process is known by more than its id", async () => {
  const mine = await identityOf(process.pid);
  expect(mine).toMatch(/^[0-9a-f-]{36} \d+$/);
  expect(await identityOf(1)).not.toBe(mine);
  expect(await identityOf(spawnSync("true").pid)).toBeUndefined();
});

describe("as with yodeploy", () => {
  const [steps = [], uprooted] = [CASES.locks.find((each) => each.steps)?.steps, CASES.locks.at(-1)];

  test("whoever has it has it alone; only what one has can be given back; one that was left is free", async () => {
    const has: Partial<Record<string, Taken>> = {};
    for (const [index, { who, op, result, note }] of steps.entries()) {
      if (note?.includes("stale") === true) held(spawnSync("true").pid, "boot 1");
      if (op === "acquire") {
        const taken = await takeLock(path, who);
        expect([index, taken.taken]).toEqual([index, result === "ok"]);
        if (taken.taken) has[who] = taken;
      } else {
        const mine = has[who];
        // There, giving back what one has not is an exception; here, nobody has a way to try.
        expect([index, mine?.taken === true]).toEqual([index, result === "ok"]);
        if (mine?.taken === true) await mine.release();
        delete has[who];
      }
    }
    expect(steps).toHaveLength(8);
  });

  test("a folder that is not there is told of", async () => {
    expect(uprooted?.name).toBe("missing parent directory");
    await expect(takeLock(join(folder, "nowhere", "lock"), "a")).rejects.toThrow("ENOENT");
  });
});
