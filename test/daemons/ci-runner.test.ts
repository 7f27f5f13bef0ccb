import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ciRunner } from "../../daemons/ci-runner.ts";
import type { Workspace } from "../../lib/effects/workspaces.ts";
import type { Data, Message } from "../../lib/messages/catalogue.ts";
import { parseData } from "../../lib/messages/envelope.ts";
import { revision, type Revision } from "../../lib/schema/names.ts";
import { aFolder } from "../support/folder.ts";
import { dataOf, given } from "../support/given.ts";
import { aLongTime, processesWith } from "../support/processes.ts";
import { aRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

let folder: string;
let state: string;
let shop: Repository;
let runner: ReturnType<typeof open>;

beforeEach(async () => {
  folder = aFolder();
  state = join(folder, "state");
  shop = await aRepository(folder);
  runner = open();
});

afterEach(() => {
  const workspaces = join(state, "workspaces");
  const left = existsSync(workspaces) ? readdirSync(workspaces) : [];
  if (left.length > 0) throw new Error(`left in the folder of workspaces: ${left.join(", ")}`);
});

const open = (config: Readonly<Record<string, unknown>> = {}, signal = new AbortController().signal) =>
  given(ciRunner, { config, signal, settings: settings() });

const settings = () => ({
  state,
  repositories: { shop: { url: shop.path, ci: true }, plain: { url: shop.path } },
});

/** Asks for a build. */
const request = (revision: Revision, said: Readonly<Record<string, unknown>> = {}): Data<"build.requested"> =>
  parseData("build.requested", {
    build: `shop@${revision}`,
    repository: "shop",
    ref: "refs/heads/main",
    revision,
    pipeline: "shop",
    ...said,
  });

const pushed = (pipeline: string, files: Readonly<Record<string, string>> = {}): Promise<Revision> =>
  shop.push({ ".skein.yml": pipeline, ...files });

/** Pushes a pipeline of these commands, and builds it. */
async function built(...commands: readonly string[]) {
  const revision = await pushed(JSON.stringify({ steps: commands.map((run) => ({ run })) }));
  return { revision, ...told(await runner.when("build.requested", request(revision))) };
}

function told(messages: readonly Message[]) {
  const [finished] = dataOf("build.finished", messages);
  if (finished === undefined) throw new Error("the build was not finished");
  const logs = dataOf("build.log", messages);
  return { messages, finished, logs, lines: logs.flatMap(({ lines }) => lines) };
}

test("a build begins, tells what it prints, and ends", async () => {
  const { messages, finished, lines, revision } = await built(
    "echo one; echo two >&2; echo three",
    "cat page 2>/dev/null || echo none",
  );
  expect(messages.map(({ type }) => type)).toEqual([
    "build.started",
    "build.log",
    "build.log",
    "build.finished",
  ]);
  expect(messages[0]?.data).toMatchObject({ build: `shop@${revision}`, host: "web1", revision });
  expect(lines).toEqual(["one", "two", "three", "none"]);
  expect(finished).toMatchObject({
    outcome: "passed",
    steps: [{ outcome: "passed" }, { outcome: "passed" }],
  });
  expect(readFileSync(join(state, "builds", `shop@${revision}.log`), "utf8")).toBe("one\ntwo\nthree\nnone\n");
});

test("a step that fails ends the build; the reason is its status and its last words", async () => {
  const { finished, lines } = await built("echo fine", "echo oh dear >&2; exit 3", "echo never");
  expect(finished).toMatchObject({
    outcome: "failed",
    code: "COMMAND_FAILED",
    reason: "step echo oh dear >&2; exit 3 ended with status 3: oh dear",
    steps: [{ outcome: "passed" }, { outcome: "failed" }],
  });
  expect(lines).not.toContain("never");
});

test("a step ends at its first command that fails", async () => {
  expect((await built("false\necho never")).finished).toMatchObject({
    outcome: "failed",
    reason: expect.stringContaining("status 1") as string,
  });
});

test("a build takes place at exactly its revision, in a folder of its own, without git", async () => {
  const first = await pushed("steps: [{run: 'cat page; ls -A; pwd'}]", { page: "old\n" });
  await pushed("steps: [{run: 'false'}]", { page: "new\n" });
  const { finished, lines } = told(await runner.when("build.requested", request(first)));
  expect(finished.outcome).toBe("passed");
  expect(lines.slice(0, -1)).toEqual(["old", ".skein.yml", "page"]);
  expect(lines.at(-1)).toMatch(/state\/workspaces\/.*\/source$/);
});

test("a step has just the variables that are documented, and its own", async () => {
  process.env["SKEIN_TEST_SECRET"] = "hunter2";
  const revision = await pushed("env: {SHARED: a}\nsteps: [{run: env, env: {OWN: b}}]");
  const { lines } = told(await runner.when("build.requested", request(revision)));
  delete process.env["SKEIN_TEST_SECRET"];
  const names = lines.map((line) => line.split("=", 1)[0] ?? "").filter((name) => name !== "_");
  expect(names.sort((a, b) => a.localeCompare(b))).toEqual(
    "CI HOME LANG OWN PATH PWD SHARED SKEIN_BRANCH SKEIN_BUILD SKEIN_REF SKEIN_REPOSITORY SKEIN_REVISION SKEIN_WORKSPACE TMPDIR".split(
      " ",
    ),
  );
  expect(
    lines.filter((line) => /^(HOME|TMPDIR)=/.test(line)).every((line) => line.includes("/workspaces/")),
  ).toBe(true);
});

test("a revision without .skein.yml has nothing to run, and passes", async () => {
  const { finished } = told(await runner.when("build.requested", request(await shop.push({ page: "x" }))));
  expect(finished).toMatchObject({
    outcome: "passed",
    reason: expect.stringContaining("no .skein.yml") as string,
    steps: [],
  });
});

test("an invalid .skein.yml is an error; everything that is wrong is listed with its place", async () => {
  const revision = await pushed(
    "steps:\n  - run: ''\n  - name: test\ntimeout: soon\nenv: {SKEIN_REF: x}\nextra: 1\n",
  );
  const { finished } = told(await runner.when("build.requested", request(revision)));
  expect(finished).toMatchObject({ outcome: "errored", code: "PIPELINE_INVALID" });
  expect(finished.reason?.split("\n").map((line) => /^\.skein\.yml:\d+/.exec(line)?.[0])).toEqual(
    [2, 3, 4, 5, 6].map((line) => `.skein.yml:${line}`),
  );
});

test("a revision that no branch leads to is not built, nor is what the configuration does not say", async () => {
  const loose = await shop.commit({ ".skein.yml": "steps: [{run: 'true'}]" });
  const outcome = async (data: Data<"build.requested">) =>
    told(await runner.when("build.requested", data)).finished;
  expect(await outcome(request(loose))).toMatchObject({ outcome: "errored", code: "REF_UNKNOWN" });
  await shop.git.raw("push", "--quiet", "origin", "main");
  expect(await outcome(request(loose))).toMatchObject({ outcome: "passed" });
  for (const repository of ["plain", "other", "constructor"]) {
    expect(await outcome(request(loose, { repository, build: `${repository}@${loose}` }))).toMatchObject({
      outcome: "errored",
      code: "REPOSITORY_UNKNOWN",
    });
  }
});

test("a revision that was pushed, but that no branch leads to any more, is not built", async () => {
  const lost = await pushed("steps: [{run: 'true'}]");
  expect(told(await runner.when("build.requested", request(lost))).finished.outcome).toBe("passed");
  await shop.git.raw("commit", "--amend", "--quiet", "--allow-empty", "--message", "rewritten");
  await shop.git.raw("push", "--quiet", "--force", "origin", "main");
  const kept = revision.parse((await shop.git.raw("rev-parse", "HEAD")).trim());
  await runner.when("build.requested", request(kept));
  expect(told(await runner.when("build.requested", request(lost))).finished).toMatchObject({
    outcome: "errored",
    code: "REF_UNKNOWN",
  });
});

test("a repository that cannot be fetched is tried again, then the build is an error", async () => {
  const revision = await pushed("steps: [{run: 'true'}]");
  const deps = { ...(await runner.context()).deps, delays: [1, 1] };
  rmSync(shop.path, { recursive: true });
  const patient = given(ciRunner, { settings: settings(), deps });
  const { finished } = told(await patient.when("build.requested", request(revision)));
  expect(finished).toMatchObject({ outcome: "errored", code: "MIRROR_UNREACHABLE" });
});

test.each([
  ["a step", `steps: [{run: 'sleep TIME', timeout: 200ms}]`],
  ["a build", `steps: [{run: 'sleep TIME'}]\ntimeout: 200ms`],
])("%s that takes too long is ended", async (_what, pipeline) => {
  const time = aLongTime();
  const { finished } = told(
    await runner.when("build.requested", request(await pushed(pipeline.replace("TIME", time)))),
  );
  expect(finished).toMatchObject({
    outcome: "failed",
    code: "COMMAND_TIMEOUT",
    reason: expect.stringMatching(/ran longer than 0\.[12]\d* s/) as string,
  });
  expect(processesWith(time)).toEqual([]);
});

test("the runner's own limit holds, whatever .skein.yml says", async () => {
  runner = open({ timeout: "200ms" });
  const time = aLongTime();
  const { finished } = told(
    await runner.when(
      "build.requested",
      request(await pushed(`steps: [{run: 'sleep ${time}', timeout: 2h}]\ntimeout: 3h`)),
    ),
  );
  expect(finished).toMatchObject({ outcome: "failed", code: "COMMAND_TIMEOUT" });
});

test("a step that ignores being told to end is killed", async () => {
  const time = aLongTime();
  const revision = await pushed(
    `steps: [{run: "trap '' TERM; sleep ${time} & sleep ${time}; sleep ${time}", timeout: 200ms}]`,
  );
  const { finished } = told(await runner.when("build.requested", request(revision)));
  expect(finished).toMatchObject({ outcome: "failed", code: "COMMAND_TIMEOUT" });
  expect(processesWith(time)).toEqual([]);
});

test("what a build leaves behind is ended, wherever it went", async () => {
  const time = aLongTime();
  // Each waits for what it started, or that would be ended with the step before it got away.
  const away = (how: string) =>
    `${how} sh -c 'touch ../away; exec sleep ${time}' & until rm ../away; do sleep 0.01; done`;
  const { finished } = await built(
    away(""),
    away("setsid"),
    `(cd /; ${away("setsid").replaceAll("../away", "$TMPDIR/away")})`,
  );
  expect(finished).toMatchObject({ outcome: "passed", steps: [{}, {}, {}] });
  expect(processesWith(time)).toEqual([]);
});

test("a build that prints a hundred megabytes is told in its beginning and its end", async () => {
  runner = open({ "log-said": "64KiB", "log-kept": "1MiB" });
  const { finished, logs, lines, revision } = await built("echo first; yes | head -c 100000000; echo last");
  expect(finished.outcome).toBe("passed");
  expect(logs.map(({ sequence }) => sequence)).toEqual(logs.map((_, index) => index));
  expect([lines[0], lines.at(-1)]).toEqual(["first", "last"]);
  expect(lines.filter((line) => /^\[\d+ bytes are left out here\]$/.test(line))).toHaveLength(1);
  expect(lines.join("\n").length).toBeLessThan(128 * 1024);
  expect(readFileSync(join(state, "builds", `shop@${revision}.log`)).length).toBeLessThan(1024 * 1024 + 200);
});

test("a build that prints all the time sends few messages", async () => {
  const { logs } = await built("for n in 1 2 3 4 5 6 7 8 9 10; do echo $n; sleep 0.05; done");
  expect(logs.length).toBeLessThanOrEqual(8);
  expect(logs.flatMap(({ lines }) => lines)).toHaveLength(10);
});

test("a runner that must leave gives up the build, which comes back", async () => {
  const time = aLongTime();
  const revision = await pushed(`steps: [{run: 'touch ../../../begun; sleep ${time}'}]`);
  const drain = new AbortController();
  runner = open({}, drain.signal);
  const building = runner.when("build.requested", request(revision));
  await until("the step runs", () => existsSync(join(state, "begun")));
  drain.abort();
  await expect(building).rejects.toThrow(/is given up/);
  expect(processesWith(time)).toEqual([]);
  runner = open();
  rmSync(join(state, "begun"));
  const again = request(await pushed("steps: [{run: 'true'}]"));
  expect(told(await runner.when("build.requested", again)).finished.outcome).toBe("passed");
});

test("a build that is handed over again while it runs runs once", async () => {
  const revision = await pushed("steps: [{run: 'echo run >>../../../runs; sleep 0.3'}]");
  const [first, second] = await Promise.all([
    runner.when("build.requested", request(revision)),
    runner.when("build.requested", request(revision)),
  ]);
  expect([first.length > 0, second]).toEqual([true, []]);
  expect(readFileSync(join(state, "runs"), "utf8")).toBe("run\n");
  expect(told(await runner.when("build.requested", request(revision))).finished.outcome).toBe("passed");
});

describe("somebody wants a build ended", () => {
  const cancelled = (build: string, at = new Date().toISOString()) =>
    runner.when(
      "build.cancelled",
      parseData("build.cancelled", { build, by: "dana", why: "wrong branch", at }),
    );

  test("what runs is killed with all that it started, and no step follows", async () => {
    const time = aLongTime();
    const revision = await pushed(
      `steps: [{run: 'touch ../../../begun; sleep ${time} & sleep ${time}'}, {run: 'touch ../../../second'}]`,
    );
    const building = runner.when("build.requested", request(revision));
    await until("the step runs", () => existsSync(join(state, "begun")));
    await cancelled(`shop@${revision}`);
    expect(told(await building).finished).toMatchObject({
      outcome: "cancelled",
      reason: "ended by dana: wrong branch",
      steps: [{ outcome: "cancelled" }],
    });
    expect(processesWith(time)).toEqual([]);
    expect(existsSync(join(state, "second"))).toBe(false);
  });

  test("one that waits for its turn runs nothing when it comes; one that is asked for afterwards does", async () => {
    const revision = await pushed("steps: [{run: 'touch ../../../ran'}]");
    await cancelled(`shop@${revision}`, new Date(Date.now() + 60_000).toISOString());
    const { finished } = told(await runner.when("build.requested", request(revision)));
    expect(finished.outcome).toBe("cancelled");
    expect(existsSync(join(state, "ran"))).toBe(false);
    await cancelled(`shop@${revision}`, "2026-01-01T00:00:00Z");
    expect(told(await runner.when("build.requested", request(revision))).finished.outcome).toBe("passed");
  });
});

test("a build whose messages nobody takes is ended with all that it started", async () => {
  const time = aLongTime();
  const revision = await pushed(`steps: [{run: 'echo begun; sleep ${time}'}]`);
  const context = await runner.context();
  const replies = ciRunner.on?.["build.requested"]?.(request(revision), context, {} as never);
  for await (const { type } of replies as AsyncIterable<Message>) if (type === "build.log") break;
  expect(processesWith(time)).toEqual([]);
});

test("what a killed runner left is swept at the next start: its files, and what it had started", async () => {
  const gone = spawn("true");
  await once(gone, "exit");
  const left = join(state, "workspaces", `${gone.pid}-abc`);
  mkdirSync(join(left, "source"), { recursive: true });
  const time = aLongTime();
  const orphan = spawn("sleep", [time], {
    detached: true,
    stdio: "ignore",
    env: { PATH: "/usr/bin:/bin", SKEIN_WORKSPACE: left },
  });
  const other = join(state, "workspaces", "1-other");
  mkdirSync(other);
  await Promise.all([once(orphan, "exit"), open().context()]);
  expect(readdirSync(join(state, "workspaces"))).toEqual(["1-other"]);
  rmSync(other, { recursive: true });
});

test("of the output on disk only the newest stays", async () => {
  runner = open({ keep: 2 });
  for (const page of ["1", "2", "3"]) await built(`echo ${page}`);
  expect(readdirSync(join(state, "builds"))).toHaveLength(2);
});

test("output that is not text is told as well as it can be", async () => {
  const { finished, lines } = await built(
    String.raw`printf 'a\377\000b\r\n\033[31mred\n'; head -c 10000 /dev/zero | tr '\0' x; echo; printf end`,
  );
  expect(finished.outcome).toBe("passed");
  expect(lines[0]).toBe("a\ufffd\u0000b");
  expect(lines[1]).toBe("\u001b[31mred");
  expect(lines[2]).toHaveLength(4_096);
  expect(lines.at(-1)).toBe("end");
});

test("a workspace that cannot be removed takes nothing from the verdict", async () => {
  const { deps } = await runner.context();
  const stuck: Workspace[] = [];
  const workspaces = {
    make: async () => {
      const workspace = await deps.workspaces.make();
      stuck.push(workspace);
      return { ...workspace, remove: () => Promise.reject(new Error("busy")) };
    },
  };
  runner = given(ciRunner, { settings: settings(), deps: { ...deps, workspaces } });
  expect((await built("true")).finished).toMatchObject({ outcome: "passed" });
  expect(runner.logged).toMatchObject([{ level: "warn", text: "cannot remove a workspace: busy" }]);
  for (const each of stuck) await each.remove();
});

test("a branch named as the revision does not stand in for it", async () => {
  const asked = await pushed("steps: [{run: 'cat page'}]", { page: "good\n" });
  const other = await pushed("steps: [{run: 'cat page'}]", { page: "evil\n" });
  await shop.git.raw(["push", "--quiet", "origin", `${other}:refs/heads/${asked}`]);
  expect(told(await runner.when("build.requested", request(asked))).lines).toEqual(["good"]);
});

test("a build that prints very many empty lines, or one line without end, is as light as any other", async () => {
  const before = process.memoryUsage().rss;
  const { finished, messages, lines } = await built(
    "yes '' | head -c 50000000",
    "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last",
  );
  expect(finished.outcome).toBe("passed");
  expect(lines.at(-1)).toBe("last");
  expect(messages.length).toBeLessThan(100);
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
});
