import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { openWorkspaces, MARK } from "../../../lib/effects/workspaces.ts";
import { aFolder } from "../../support/folder.ts";
import { aLongTime, processesWith } from "../../support/processes.ts";
import { until } from "../../support/until.ts";

const open = (folder: string, stuck: string[] = []) => openWorkspaces(folder, (root) => stuck.push(root));

/** The id of a process that has ended. */
const aDeadProcess = async (): Promise<number> => {
  const child = spawn("true");
  await new Promise((resolve) => child.once("exit", resolve));
  return child.pid ?? 0;
};

test("a workspace is new, has a source and a home, and goes with all that is in it", async () => {
  const folder = join(aFolder(), "workspaces");
  const workspaces = await open(folder);
  const [one, other] = [await workspaces.make(), await workspaces.make()];
  expect(one.root).not.toBe(other.root);
  expect(readdirSync(one.root).sort()).toEqual(["home", "source", "tmp"]);
  writeFileSync(join(one.source, "page"), "hello");
  await one.remove();
  expect(existsSync(one.root)).toBe(false);
  expect(readdirSync(other.source)).toEqual([]);
});

test("what a link in a workspace leads to stays", async () => {
  const folder = aFolder();
  mkdirSync(join(folder, "elsewhere"));
  writeFileSync(join(folder, "elsewhere", "page"), "hello");
  const workspace = await (await open(join(folder, "workspaces"))).make();
  symlinkSync(join(folder, "elsewhere"), join(workspace.source, "link"));
  await workspace.remove();
  expect(readdirSync(join(folder, "elsewhere"))).toEqual(["page"]);
});

test("what runners that died left is removed at the next start, what lives stays", async () => {
  const folder = aFolder();
  const mine = await (await open(folder)).make();
  for (const name of [`${await aDeadProcess()}-abc`, `${process.pid}-old`, `${process.ppid}-abc`, "stray"])
    mkdirSync(join(folder, name, "source"), { recursive: true });
  await open(folder);
  expect(new Set(readdirSync(folder))).toEqual(new Set([basename(mine.root), `${process.ppid}-abc`]));
});

test("what a build left running ends with its workspace, wherever it moved to; nothing else does", async () => {
  const workspaces = await open(aFolder());
  const [one, other] = [await workspaces.make(), await workspaces.make()];
  const [mine, others] = [aLongTime(), aLongTime()];
  for (const [{ root }, time] of [
    [one, mine],
    [other, others],
  ] as const) {
    spawn("setsid", ["-f", "sleep", time], {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", [MARK]: root },
      stdio: "ignore",
    });
    await until("it sleeps", () => processesWith(`sleep ${time}`).length === 1);
  }
  await one.remove();
  await until("it has ended", () => processesWith(`sleep ${mine}`).length === 0);
  expect(processesWith(`sleep ${others}`)).toHaveLength(1);
  await other.remove();
  await until("it has ended", () => processesWith(`sleep ${others}`).length === 0);
});

test("what a runner that died left running ends at the next start", async () => {
  const folder = aFolder();
  const root = join(folder, `${await aDeadProcess()}-abc`);
  mkdirSync(root);
  const time = aLongTime();
  spawn("setsid", ["-f", "sleep", time], {
    env: { PATH: "/usr/bin:/bin", [MARK]: root },
    stdio: "ignore",
  });
  await until("it sleeps", () => processesWith(`sleep ${time}`).length === 1);
  await open(folder);
  await until("it has ended", () => processesWith(`sleep ${time}`).length === 0);
  expect(existsSync(root)).toBe(false);
});

test("folders that their owner may not write to are removed like any others", async () => {
  const folder = aFolder();
  await asAnybody(folder, async () => {
    const workspace = await (await open(folder)).make();
    const cache = join(workspace.root, "home", "go", "mod");
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, "go.mod"), "module shop", { mode: 0o444 });
    chmodSync(cache, 0o555);
    chmodSync(join(workspace.root, "home", "go"), 0o000);
    await workspace.remove();
    expect(existsSync(workspace.root)).toBe(false);
  });
});

test("leftovers that cannot be removed are told, and keep nobody from building", async () => {
  const folder = aFolder();
  const root = join(folder, `${await aDeadProcess()}-abc`);
  mkdirSync(join(root, "of-another-user"), { recursive: true, mode: 0o700 });
  writeFileSync(join(root, "of-another-user", "file"), "");
  await asAnybody(folder, async () => {
    const stuck: string[] = [];
    const workspaces = await open(folder, stuck);
    // Whoever runs this test without being root can remove what is its own.
    expect(stuck).toEqual(process.getuid?.() === 0 ? [root] : []);
    await (await workspaces.make()).remove();
  });
});

const ANYBODY = 65_534;

/** Does something as a user whom permissions bind: root is bound by none. */
async function asAnybody(folder: string, work: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return work();
  chownSync(folder, ANYBODY, ANYBODY);
  process.seteuid?.(ANYBODY);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
