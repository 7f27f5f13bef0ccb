import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { Code } from "../../../lib/codes.ts";
import { codeOf } from "../../../lib/failure.ts";
import { insist } from "../../../lib/security/check.ts";
import type { Command } from "../../../lib/security/command.ts";
import { ReplayJournal } from "../../../lib/security/replay.ts";
import { commandChecks } from "../../../lib/security/verify.ts";
import { aDeploy, after, anOrder, NOON } from "./builders.ts";
import { temporaryFolder } from "./openssh.ts";

function aJournal({ path = join(temporaryFolder(), "state", "replay"), most = 100_000 } = {}) {
  const journal = new ReplayJournal(path, most);
  return { journal, path, reopen: () => new ReplayJournal(path, most) };
}

const orders = (count: number, given = {}) => Array.from({ length: count }, () => anOrder(given));

test("a command begins once, and a repeat is told what became of it, also after a restart", () => {
  const { journal, path, reopen } = aJournal();
  const command = aDeploy();
  journal.begin(command, NOON);
  expect(journal.recall(command.id)).toEqual({ state: "begun" });
  expect(() => journal.begin(command, after(1))).toThrow(expect.objectContaining({ code: "E_REPLAY" }));
  expect(reopen().recall(command.id)).toEqual({ state: "begun" });

  const again = reopen();
  again.end(command.id, { live: "v2" });
  expect(again.recall(command.id)).toEqual({ state: "ended", result: { live: "v2" } });
  expect(reopen().recall(command.id)).toEqual({ state: "ended", result: { live: "v2" } });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a deploy is accepted only after all that were accepted for the same app and environment", () => {
  const { journal, reopen } = aJournal();
  journal.begin(aDeploy({ seq: 10 }), NOON);
  journal.begin(aDeploy({ seq: 5, environment: "staging" }), NOON);
  for (const each of [journal, reopen()])
    expect(() => each.begin(aDeploy({ seq: 10 }), NOON)).toThrow(expect.objectContaining({ code: "E_OLD" }));
  expect(() => reopen().begin(aDeploy({ seq: 11, kind: "rollback" }), NOON)).not.toThrow();
});

test("orders are accepted from the newest orchestrator that was heard of", () => {
  const { journal } = aJournal();
  journal.begin(anOrder({ fence: 2 }), NOON);
  journal.begin(anOrder({ fence: 2 }), NOON);
  expect(() => journal.begin(anOrder({ fence: 1 }), NOON)).toThrow(
    expect.objectContaining({ code: "E_OLD" }),
  );
});

test("a clock that was set back accepts nothing until it is right again, also after a restart", () => {
  const { journal, reopen } = aJournal();
  journal.begin(anOrder(), after(100));
  for (const each of [journal, reopen()])
    expect(() => each.begin(anOrder(), after(39))).toThrow(expect.objectContaining({ code: "E_CLOCK" }));
  expect(() => reopen().begin(anOrder(), after(40))).not.toThrow();
});

test("wherever the power went while a line was written, the journal opens with all lines before it", () => {
  const { journal, path, reopen } = aJournal();
  const [first, second] = [anOrder(), anOrder()];
  journal.begin(first, NOON);
  const whole = statSync(path).size;
  journal.begin(second, NOON);
  const bytes = readFileSync(path);
  for (let size = whole; size < bytes.length; size += 1) {
    writeFileSync(path, bytes.subarray(0, size));
    const cut = reopen();
    expect(cut.recall(first.id)).toEqual({ state: "begun" });
    expect(cut.recall(second.id)).toBeUndefined();
    cut.begin(second, NOON);
    expect(reopen().recall(second.id)).toEqual({ state: "begun" });
  }
});

test("bytes that a power cut left as zeros are cut off", () => {
  const { journal, path, reopen } = aJournal();
  const command = anOrder();
  journal.begin(command, NOON);
  truncateSync(path, statSync(path).size + 4_096);
  reopen().begin(anOrder(), NOON);
  expect(reopen().recall(command.id)).toEqual({ state: "begun" });
});

test.each([
  ["is damaged", "garbage\n"],
  ["is of another kind", '{"line":"unknown"}\n'],
])("a journal of which a line %s is not opened", (_what, line) => {
  const { path, reopen } = aJournal();
  appendFileSync(path, `${line}${JSON.stringify({ line: "time", at: 0 })}\n`);
  expect(reopen).toThrow(expect.objectContaining({ code: "E_STORAGE" }));
  expect(reopen).toThrow(`${path}: line 2 is damaged`);
});

test("what cannot be written is not accepted", () => {
  const { journal } = aJournal();
  const command = anOrder();
  journal.close();
  expect(() => journal.begin(command, NOON)).toThrow(
    expect.objectContaining({ code: "E_STORAGE", transient: true }),
  );
  expect(journal.recall(command.id)).toBeUndefined();
});

test("a journal that another process opened accepts nothing any more here", () => {
  const { journal, path, reopen } = aJournal();
  const successor = reopen();
  const command = anOrder();
  expect(() => journal.begin(command, NOON)).toThrow(
    `Cannot use the journal ${path}: another process uses it`,
  );
  expect(() => successor.begin(command, NOON)).not.toThrow();
});

test("a journal that another process writes to accepts nothing any more", () => {
  const { journal, path, reopen } = aJournal();
  const [first, second] = [anOrder(), anOrder()];
  journal.begin(first, NOON);
  appendFileSync(path, `${JSON.stringify({ line: "time", at: 0 })}\n`);
  for (const each of [second, second])
    expect(() => journal.begin(each, NOON)).toThrow(expect.objectContaining({ code: "E_STORAGE" }));
  expect(reopen().recall(first.id)).toEqual({ state: "begun" });
});

test("a result that is too large to keep is refused", () => {
  const { journal } = aJournal();
  const command = anOrder();
  journal.begin(command, NOON);
  expect(() => journal.end(command.id, "x".repeat(16_384))).toThrow(
    expect.objectContaining({ code: "E_STORAGE" }),
  );
});

test("a full journal accepts nothing, rather than forget what has not expired", () => {
  const { journal } = aJournal({ most: 3 });
  for (const each of orders(3)) journal.begin(each, NOON);
  expect(() => journal.begin(anOrder(), after(60))).toThrow(
    /^Cannot accept a command: 3 have not expired yet/,
  );
});

test("what expired is forgotten, and nothing else", () => {
  const { journal, path, reopen } = aJournal();
  const old = aDeploy();
  journal.begin(old, NOON);
  journal.end(old.id, "done");
  const recent = anOrder({ iat: old.iat + 1_000, exp: old.exp + 1_000 });
  journal.begin(recent, after(360));
  const kept = reopen();
  expect(kept.recall(old.id)).toEqual({ state: "ended", result: "done" });

  kept.begin(anOrder({ iat: old.iat + 1_000, exp: old.exp + 1_000 }), after(361));
  const reopened = reopen();
  expect(reopened.recall(old.id)).toBeUndefined();
  expect(reopened.recall(recent.id)).toEqual({ state: "begun" });
  for (const each of [reopened, reopen()]) expect(each.latest("deploy shop/production")).toBe(old.seq);
  expect(readFileSync(path, "utf8")).not.toContain(old.id);
});

test("a journal that has run for long stays as large as what it must remember", () => {
  const { journal, path } = aJournal({ most: 10 });
  const { iat, exp } = aDeploy();
  for (let round = 0; round < 700; round += 1) {
    const command = anOrder({ iat: iat + 1_000 * round, exp: exp + 1_000 * round });
    journal.begin(command, after(1_000 * round));
    journal.end(command.id, "done");
  }
  expect(readFileSync(path, "utf8").split("\n").length).toBeLessThan(1_100);
});

test("whatever is delivered again, in whatever order, whatever the clock does: nothing is accepted twice", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ deliver: fc.nat(11) }) },
    { weight: 3, arbitrary: fc.record({ pass: fc.integer({ min: -500, max: 700 }) }) },
    { weight: 1, arbitrary: fc.constant("restart" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { iat, exp } = aDeploy();
      const commands = orders(12).map((each, index) => ({
        ...each,
        iat: iat + 150 * index,
        exp: exp + 150 * index,
      }));
      const { journal, reopen } = aJournal({ most: 4 });
      let [current, clock] = [journal, 0];
      const accepted: string[] = [];
      const refusals = new Set<Code>();
      for (const each of steps) {
        if (each === "restart") current = reopen();
        else if ("pass" in each) clock += each.pass;
        else {
          const command = commands[each.deliver] ?? anOrder();
          const refusal = refusalOf(current, command, after(clock));
          if (refusal === undefined) accepted.push(command.id);
          else refusals.add(refusal);
        }
      }
      expect(new Set(accepted).size).toBe(accepted.length);
      expect(["E_FUTURE", "E_EXPIRED", "E_CLOCK", "E_REPLAY", "E_STORAGE"]).toEqual(
        expect.arrayContaining([...refusals]),
      );
    }),
    { numRuns: 60 },
  );
});

/** Why a command is refused, if it is. */
function refusalOf(memory: ReplayJournal, command: Command, now: Date): Code | undefined {
  const author = { principal: "orchestrator", fingerprint: "", namespace: "go@skein" };
  try {
    insist(commandChecks, { command, author, now, memory });
    memory.begin(command, now);
    return undefined;
  } catch (error) {
    return codeOf(error) ?? "MESSAGE_INVALID";
  }
}

/** Accepts commands as fast as it can, the same ones from the first at each start, until it is killed or cannot write. */
const PROGRAM = `
import { appendFileSync } from "node:fs";
import { ReplayJournal } from ${JSON.stringify(new URL("../../../dist/lib/security/replay.js", import.meta.url))};
const [, path, executions] = process.argv;
const journal = new ReplayJournal(path);
const iat = Math.floor(Date.now() / 1_000);
for (let index = 0; ; index += 1) {
  const id = String(index).padStart(16, "0");
  if (journal.recall(id) !== undefined) continue;
  journal.begin({ v: 1, kind: "cancel", id, app: "shop", environment: "production", iat, exp: iat + 300 }, new Date());
  appendFileSync(executions, id + "\\n");
  journal.end(id, "x".repeat(index % 50));
}`;
const running = (path: string, executions: string) => [
  "--input-type=module",
  "-e",
  PROGRAM,
  path,
  executions,
];
const linesOf = (path: string) =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];

test("killed, or its journal taken over, again and again while it accepts, a process executes no command twice", async () => {
  const folder = temporaryFolder();
  const [path, executions] = [join(folder, "replay"), join(folder, "executions")];
  for (let round = 0; round < 8; round += 1) {
    const before = linesOf(executions).length;
    const child = spawn(process.execPath, running(path, executions), { stdio: "ignore" });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    while (linesOf(executions).length <= before) await sleep(5);
    await sleep(10 + 15 * round);
    if (round % 2 === 0) child.kill("SIGKILL");
    const journal = new ReplayJournal(path);
    await ended;
    const executed = linesOf(executions);
    expect(new Set(executed).size).toBe(executed.length);
    const recorded = readFileSync(path, "utf8");
    expect(executed.filter((id) => !recorded.includes(id))).toEqual([]);
    journal.close();
  }
});

test("where a write fails half-way, nothing is accepted, and the journal stays whole", () => {
  const folder = temporaryFolder();
  const [path, executions] = [join(folder, "replay"), join(folder, "executions")];
  const limited = ["-c", 'ulimit -f 8; exec "$@"', "bash", process.execPath, ...running(path, executions)];
  const { stderr, status } = spawnSync("bash", limited);
  expect(stderr.toString()).toContain("EFBIG");
  expect(status).toBe(1);
  expect(readFileSync(path, "utf8")).toMatch(/\n$/);
  const journal = new ReplayJournal(path);
  const executed = linesOf(executions);
  expect(executed.length).toBeGreaterThan(10);
  expect(executed.filter((id) => !readFileSync(path, "utf8").includes(id))).toEqual([]);
  journal.close();
});
