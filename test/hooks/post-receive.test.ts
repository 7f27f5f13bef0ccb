import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSpooled } from "../../daemons/announcer/spooled.ts";
import { installHook } from "../../lib/effects/hooks.ts";

const OLD = "0".repeat(40);
const NEW = "9fceb02d0ae598e95dc970b74767f19372d61af8";
const LINE = `${OLD} ${NEW} refs/heads/main\n`;

let folder: string;
let repository: string;
let spool: string;
let hook: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "skein-hook-"));
  repository = join(folder, "shop.git");
  spool = join(folder, "spool");
  spawnSync("git", ["init", "--quiet", "--bare", repository]);
  hook = await installHook({ repository, name: "shop", spool, hook: "hooks/post-receive" });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Calls the hook as git does: in the repository, with a line for each ref. */
function call(
  input = LINE,
  env: Record<string, string> = { USER: "dana" },
  command: readonly string[] = [hook],
) {
  const [program = "", ...args] = command;
  const { status, stderr } = spawnSync(program, args, {
    cwd: repository,
    input,
    env: { PATH: process.env["PATH"], ...env },
    encoding: "utf8",
  });
  return { status, stderr };
}

const announced = () =>
  readdirSync(spool)
    .filter((name) => name.startsWith("push-"))
    .map((name) => readSpooled(readFileSync(join(spool, name), "utf8")));

const unfinished = () => readdirSync(spool).filter((name) => name.startsWith("."));

test("a push is written down once, whole, and nothing else is left", () => {
  const input = `${LINE}${NEW} ${OLD} refs/tags/v1\n`;
  expect(call(input)).toEqual({ status: 0, stderr: "" });
  expect(announced()).toEqual([
    {
      repository: "shop",
      path: repository,
      pusher: "dana",
      moved: [
        { before: OLD, after: NEW, ref: "refs/heads/main" },
        { before: NEW, after: OLD, ref: "refs/tags/v1" },
      ],
    },
  ]);
  expect(unfinished()).toEqual([]);
});

test("what an earlier process of the same number left does not keep a push from being announced", () => {
  const leave = `touch "${spool}/.push-$$-0" "${spool}/push-$$-1"; exec "${hook}"`;
  expect(call(LINE, {}, ["sh", "-c", leave])).toEqual({ status: 0, stderr: "" });
  expect(announced().filter((each) => each !== undefined)).toHaveLength(1);
});

test("a thousand refs at once are one file", () => {
  const lines = Array.from({ length: 1_000 }, (_, index) => `${OLD} ${NEW} refs/heads/branch-${index}\n`);
  expect(call(lines.join("")).status).toBe(0);
  expect(announced()[0]?.moved).toHaveLength(1_000);
});

test("a pusher whose name has several lines cannot write lines of its own", () => {
  call(LINE, { GL_USER: `mallory\n${OLD} ${NEW} refs/heads/evil` });
  expect(announced()[0]).toMatchObject({ pusher: "mallory", moved: [{ ref: "refs/heads/main" }] });
});

test("where the spool is gone the push still succeeds, and says why it is not announced", () => {
  rmSync(spool, { recursive: true });
  const { status, stderr } = call();
  expect(status).toBe(0);
  expect(stderr).toContain(`skein: this push could not be announced: cannot write to ${spool}`);
});

test("where the spool takes no more, the push still succeeds, and nothing half written stays", () => {
  // Stands for a full disk: no file may grow.
  const full = `ulimit -f 0; trap '' XFSZ; exec "${hook}"`;
  const { status, stderr } = call(LINE, {}, ["sh", "-c", full]);
  expect(status).toBe(0);
  expect(stderr).toContain("could not be announced");
  expect(readdirSync(spool)).toEqual([]);
});

test("a hook that was there before gets the same input in the same place, and its word is the last", async () => {
  rmSync(hook);
  const heard = join(folder, "heard");
  writeFileSync(hook, `#!/bin/sh\n{ pwd; umask; cat; } > '${heard}'\nexit 3\n`);
  chmodSync(hook, 0o755);
  await installHook({ repository, name: "shop", spool, hook: "hooks/post-receive" });
  expect(call().status).toBe(3);
  expect(announced()).toHaveLength(1);
  const umask = process.umask().toString(8).padStart(4, "0");
  expect(readFileSync(heard, "utf8")).toBe(`${repository}\n${umask}\n${LINE}`);
});

test("a repository that is called by a link is announced by the path that lasts", () => {
  const link = join(folder, "link.git");
  spawnSync("ln", ["-s", repository, link]);
  spawnSync("sh", ["-c", `cd '${link}' && exec '${hook}'`], { input: LINE });
  expect(announced()[0]?.path).toBe(repository);
});

test("the hook needs nothing but a POSIX shell and mv", () => {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const name of ["sh", "mv"]) {
    const { stdout } = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
    spawnSync("ln", ["-s", stdout.trim(), join(bin, name)]);
  }
  expect(call(LINE, { PATH: bin })).toEqual({ status: 0, stderr: "" });
  expect(announced()).toHaveLength(1);
});
