import { expect, test } from "vitest";
import { exec, type ExecOptions, splitter } from "../../../lib/effects/exec.ts";
import { aFolder } from "../../support/folder.ts";
import { aLongTime, processesWith } from "../../support/processes.ts";
import { until } from "../../support/until.ts";

const PATH = "/usr/local/bin:/usr/bin:/bin";

const shell = (script: string, options: Partial<ExecOptions> = {}) =>
  exec("/bin/sh", ["-c", script], { env: { PATH }, timeout: 20_000, ...options });

test("a program's status, output and error output are told", async () => {
  const { code, stdout, stderr, outcome } = await shell("echo out; echo err >&2; exit 3");
  expect({ code, stdout: stdout.toString(), stderr, outcome }).toEqual({
    code: 3,
    stdout: "out\n",
    stderr: "err",
    outcome: "ended",
  });
});

test("a program that a signal ends has the status that shells give it", async () => {
  expect((await shell("kill -9 $$")).code).toBe(137);
});

test("nothing of the environment is inherited", async () => {
  process.env["SKEIN_TEST_SECRET"] = "s3cret";
  const { stdout } = await exec("env", [], { env: { PATH, ONLY: "this" }, timeout: 10_000 });
  delete process.env["SKEIN_TEST_SECRET"];
  expect(stdout.toString().trim().split("\n").sort()).toEqual(["ONLY=this", `PATH=${PATH}`]);
});

test("arguments pass no shell", async () => {
  const hostile = ["$(touch pwned)", "a b", "'", "*", "; exit 1", ""];
  const { stdout } = await exec("printf", [String.raw`%s\n`, ...hostile], { env: { PATH }, timeout: 10_000 });
  expect(stdout.toString()).toBe(`${hostile.join("\n")}\n`);
});

test("a program reads what it is given, and need not", async () => {
  const input = "x".repeat(1_000_000);
  expect((await shell("wc -c", { input })).stdout.toString().trim()).toBe("1000000");
  expect(await shell("exec 0<&-; exit 0", { input })).toMatchObject({ code: 0, outcome: "ended" });
});

test("it runs in the folder that it is given", async () => {
  const cwd = aFolder();
  expect((await shell("pwd -P", { cwd })).stdout.toString().trim()).toBe(cwd);
});

test.each([
  ["a program that is not there", "skein-no-such-program", [], {}],
  ["a folder that is not there", "true", [], { cwd: "/nonexistent/folder" }],
  ["an argument that no program can be given", "true", ["a\0b"], {}],
  ["arguments that are too large", "true", ["x".repeat(4 * 1024 * 1024)], {}],
])("%s is refused with a code", async (_what, program, args, options) => {
  await expect(exec(program, args, { env: { PATH }, timeout: 10_000, ...options })).rejects.toMatchObject({
    code: "COMMAND_FAILED",
    message: expect.stringContaining(`Cannot run ${program}: `) as unknown,
  });
});

test("a program that runs too long is ended, with all that it started", async () => {
  const time = aLongTime();
  const { outcome, code } = await shell(`sleep ${time} & sleep ${time}`, { timeout: 200 });
  expect({ outcome, code }).toEqual({ outcome: "timed out", code: 143 });
  expect(processesWith(time)).toEqual([]);
});

test("a program that ignores TERM is killed", async () => {
  const time = aLongTime();
  const { outcome, code } = await shell(`trap '' TERM; while :; do sleep ${time}; done`, { timeout: 100 });
  expect({ outcome, code }).toEqual({ outcome: "timed out", code: 137 });
  expect(processesWith(time)).toEqual([]);
});

test("a time limit of a month is no time limit of a millisecond", async () => {
  expect(await shell("sleep 0.1", { timeout: 31 * 86_400_000 })).toMatchObject({ code: 0, outcome: "ended" });
});

test("a program is ended when it is not wanted any more, before or after its start", async () => {
  const time = aLongTime();
  const giveUp = new AbortController();
  const running = shell(`echo on; exec sleep ${time}`, {
    signal: giveUp.signal,
    onLine: () => giveUp.abort(),
  });
  expect(await running).toMatchObject({ outcome: "aborted", code: 143 });
  expect(await shell(`exec sleep ${time}`, { signal: AbortSignal.abort() })).toMatchObject({
    outcome: "aborted",
  });
  expect(processesWith(time)).toEqual([]);
});

test("what a program leaves in its group ends with it", async () => {
  const time = aLongTime();
  expect(await shell(`sleep ${time} & exit 4`)).toMatchObject({ code: 4, outcome: "ended" });
  await until("the group is gone", () => processesWith(time).length === 0);
});

test("what a program leaves in a session of its own does not hold up its end", async () => {
  const time = aLongTime();
  const { code, stdout } = await shell(
    `setsid sh -c ': >started; exec sleep ${time}' & until [ -e started ]; do sleep 0.01; done; echo before; exit 5`,
    { cwd: aFolder() },
  );
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 5, stdout: "before\n" });
});

test("output beyond what is kept is dropped, and the program goes on", async () => {
  const { code, stdout } = await shell("head -c 3000000 /dev/zero | tr '\\0' x; exit 7", { most: 1_000 });
  expect(code).toBe(7);
  expect(stdout.toString()).toBe("x".repeat(1_000));
});

test("of error output the end is kept", async () => {
  const { stderr } = await shell("head -c 100000 /dev/zero | tr '\\0' x >&2; printf 'the end' >&2");
  expect(stderr).toHaveLength(8_192);
  expect(stderr).toMatch(/x+the end$/);
});

test("lines of both outputs are told as they come, the last one too", async () => {
  const said: string[] = [];
  await shell(String.raw`printf 'one\r\ntwo\n\nthree'; printf 'bad\n' >&2`, {
    onLine: (line) => said.push(line),
  });
  expect(said.filter((line) => line !== "bad")).toEqual(["one", "two", "", "three"]);
  expect(said).toContain("bad");
});

test("a line of any length is cut, and the next one is whole again", () => {
  const said: string[] = [];
  const lines = splitter((line) => said.push(line));
  for (let chunk = 0; chunk < 100; chunk += 1) lines.add(Buffer.alloc(65_536, "x"));
  lines.add(Buffer.from("y\nnext\nla"));
  lines.add(Buffer.from("st"));
  lines.end();
  expect(said).toEqual(["x".repeat(4_096), "next", "last"]);
});

test("what is given up before it begins is not started", async () => {
  // Starting it would say that it is not there.
  expect(await exec("/nowhere", [], { env: {}, timeout: 1_000, signal: AbortSignal.abort() })).toMatchObject({
    outcome: "aborted",
    code: 143,
  });
});
