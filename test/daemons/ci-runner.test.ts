import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ciRunner } from "../../daemons/ci-runner.ts";
import { reasonOf } from "../../lib/failure.ts";
import type { Data, Message } from "../../lib/messages/catalogue.ts";
import { parseData } from "../../lib/messages/envelope.ts";
import type { Revision } from "../../lib/schema/names.ts";
import { revisionOf } from "../support/builders.ts";
import { aFolder } from "../support/folder.ts";
import { dataOf, type Given, given } from "../support/given.ts";
import { aLongTime, processesWith } from "../support/processes.ts";
import { aRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

interface Builder {
  readonly folder: string;
  readonly repository: Repository;
  readonly runner: Given<unknown, unknown>;
  /** Pushes a revision with this pipeline. */
  readonly push: (pipeline?: string, files?: Readonly<Record<string, string>>) => Promise<Revision>;
  readonly build: (revision: string, said?: Readonly<Record<string, unknown>>) => Promise<Message[]>;
  /** Pushes, builds, and answers what came of it. */
  readonly built: (pipeline: string) => Promise<Built>;
}

interface Built {
  readonly finished: Data<"build.finished">;
  readonly lines: readonly string[];
  readonly messages: readonly Message[];
}

const requestOf = (revision: string, said: Readonly<Record<string, unknown>> = {}) =>
  parseData("build.requested", {
    build: `shop@${revision}`,
    repository: "shop",
    ref: "refs/heads/main",
    revision,
    pipeline: "shop",
    ...said,
  });

async function aBuilder(signal?: AbortSignal): Promise<Builder> {
  const folder = aFolder();
  const repository = await aRepository(folder);
  const runner = given(ciRunner, {
    settings: { state: join(folder, "state"), repositories: { shop: { url: repository.path } } },
    ...(signal === undefined ? {} : { signal }),
  });
  const push: Builder["push"] = (pipeline, files = {}) =>
    repository.push(pipeline === undefined ? files : { ...files, ".skein.yml": pipeline });
  const build: Builder["build"] = (revision, said) =>
    runner.when("build.requested", requestOf(revision, said));
  const built: Builder["built"] = async (pipeline) => {
    const messages = await build(await push(pipeline));
    return { messages, finished: finishedOf(messages), lines: linesOf(messages) };
  };
  return { folder, repository, runner, push, build, built };
}

function finishedOf(messages: readonly Message[]): Data<"build.finished"> {
  const all = dataOf("build.finished", messages);
  expect(all).toHaveLength(1);
  return all[0] as Data<"build.finished">;
}

const linesOf = (messages: readonly Message[]): string[] =>
  dataOf("build.log", messages).flatMap(({ lines }) => lines);

const steps = (...runs: readonly string[]): string =>
  `steps:\n${runs.map((run) => `  - run: ${JSON.stringify(run)}\n`).join("")}`;

const workspacesIn = (folder: string): string[] => readdirSync(join(folder, "state", "workspaces"));

test("a build whose steps succeed passes, and says what they printed, in order", async () => {
  const { messages, finished, lines } = await (
    await aBuilder()
  ).built(steps("echo one; echo two", "echo three"));
  expect(messages[0]).toMatchObject({ type: "build.started", data: { repository: "shop", host: "web1" } });
  expect(messages.at(-1)?.type).toBe("build.finished");
  expect(finished).toMatchObject({
    outcome: "passed",
    steps: [
      { name: "echo one; echo two", outcome: "passed" },
      { name: "echo three", outcome: "passed" },
    ],
  });
  expect(lines).toEqual(["one", "two", "three"]);
  const logs = dataOf("build.log", messages);
  expect(logs.map(({ sequence }) => sequence)).toEqual(logs.map((_log, index) => index));
});

test("a step that fails ends the build: no later one is run, and its last words are the reason", async () => {
  const { finished, lines } = await (
    await aBuilder()
  ).built("steps:\n  - { name: unit, run: 'echo no luck >&2; exit 3' }\n  - run: echo later\n");
  expect(finished).toMatchObject({
    outcome: "failed",
    reason: "step unit ended with status 3: no luck",
    steps: [{ name: "unit", outcome: "failed" }],
  });
  expect(lines).toEqual(["no luck"]);
});

test("a command that fails in the middle of a step fails the step", async () => {
  const { finished, lines } = await (await aBuilder()).built(steps("echo a\nfalse\necho b"));
  expect(finished.outcome).toBe("failed");
  expect(lines).toEqual(["a"]);
});

test("a step that runs too long is ended with all that it started", async () => {
  const time = aLongTime();
  const { finished } = await (
    await aBuilder()
  ).built(`steps:\n  - { name: slow, timeout: 300ms, run: "sleep ${time} & sleep ${time}" }\n`);
  expect(finished).toMatchObject({ outcome: "failed", reason: "step slow ran longer than 0.3 s" });
  expect(processesWith(time)).toEqual([]);
});

test("all steps together have a limit too", async () => {
  const time = aLongTime();
  const { finished } = await (
    await aBuilder()
  ).built(`timeout: 400ms\nsteps:\n  - run: "true"\n  - { name: slow, run: "sleep ${time}" }\n`);
  expect(finished).toMatchObject({
    outcome: "failed",
    steps: [{ outcome: "passed" }, { outcome: "failed" }],
  });
  expect(finished.reason).toMatch(/^step slow ran longer than 0\.[1-4]\d* s$/);
});

test("a step that ignores TERM is killed", async () => {
  const time = aLongTime();
  const { finished } = await (
    await aBuilder()
  ).built(`steps:\n  - { timeout: 100ms, run: "trap '' TERM; while :; do sleep ${time}; done" }\n`);
  expect(finished.outcome).toBe("failed");
  expect(processesWith(time)).toEqual([]);
});

test("what a step leaves in a session of its own neither holds up the build nor outlives it", async () => {
  const time = aLongTime();
  const builder = await aBuilder();
  const { finished } = await builder.built(
    steps(`setsid sh -c ': >started; exec sleep ${time}' & until [ -e started ]; do sleep 0.01; done`),
  );
  expect(finished.outcome).toBe("passed");
  await until("it is gone", () => processesWith(time).length === 0);
  expect(workspacesIn(builder.folder)).toEqual([]);
});

test("a step that prints 100 MB fills neither the bus nor the memory, and it is said that something is missing", async () => {
  const before = process.memoryUsage().rss;
  const { messages, finished, lines } = await (
    await aBuilder()
  ).built(steps("yes 0123456789012345678901234567890123456789 | head -c 100000000", "echo after >&2"));
  expect(finished.outcome).toBe("passed");
  expect(lines.at(-1)).toBe("… what comes after is left out: the log is too long");
  expect(lines.join("\n").length).toBeLessThan(2.1 * 1024 * 1024);
  for (const { data } of messages) expect(JSON.stringify(data).length).toBeLessThan(128 * 1024);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
});

test("a step that prints empty lines without end is told in no more messages than any other", async () => {
  const { messages, finished } = await (await aBuilder()).built(steps("yes '' | head -c 3000000"));
  expect(finished.outcome).toBe("passed");
  expect(messages.length).toBeLessThan(5_000);
});

test("a step that prints one line of 100 MB is no heavier", async () => {
  const { finished, lines } = await (
    await aBuilder()
  ).built(steps("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo next"));
  expect(finished.outcome).toBe("passed");
  expect(lines.map((line) => line.length)).toEqual([4_096, 4]);
});

test("an invalid pipeline is told with everything that is wrong, and where", async () => {
  const { finished, lines } = await (
    await aBuilder()
  ).built("step: []\nsteps:\n  - run: ''\n    timeout: soon\n  - name: x\nenv:\n  path: /\n");
  expect(finished).toMatchObject({ outcome: "errored", code: "PIPELINE_INVALID", steps: [] });
  expect(finished.reason?.split("\n").map((line) => line.split(" ", 2).join(" "))).toEqual([
    ".skein.yml:1:1 step",
    ".skein.yml:3:10 steps[0].run",
    ".skein.yml:4:14 steps[0].timeout",
    ".skein.yml:5:5 steps[1].run",
    ".skein.yml:7:3 env.path:",
  ]);
  expect(lines).toEqual([]);
});

test("a pipeline that is no YAML is told with its line", async () => {
  const { finished } = await (await aBuilder()).built("steps:\n  - run: [\n");
  expect(finished).toMatchObject({ outcome: "errored", code: "PIPELINE_INVALID" });
  expect(finished.reason).toMatch(/^\.skein\.yml:\d+:\d+ /);
});

test("a revision without a pipeline passes, for there is nothing to run", async () => {
  const builder = await aBuilder();
  const finished = finishedOf(await builder.build(await builder.push(undefined, { page: "hello" })));
  expect(finished).toMatchObject({ outcome: "passed", steps: [] });
  expect(finished.reason).toContain(".skein.yml");
});

test("a revision that is nowhere does not pass", async () => {
  const builder = await aBuilder();
  await builder.push(steps("true"));
  const finished = finishedOf(await builder.build(revisionOf("d")));
  expect(finished).toMatchObject({ outcome: "errored", steps: [] });
  expect(finished.reason).toBeTruthy();
});

test.each(["payroll", "constructor"])(
  "a repository that nobody configured (%s) does not pass",
  async (repository) => {
    const builder = await aBuilder();
    const revision = await builder.push(steps("true"));
    const finished = finishedOf(
      await builder.build(revision, { repository, build: `${repository}@${revision}` }),
    );
    expect(finished).toMatchObject({ outcome: "errored", code: "REPOSITORY_UNKNOWN" });
  },
);

test("just the revision that was asked for is built, wherever its branch is by now", async () => {
  const builder = await aBuilder();
  const asked = await builder.push(steps("cat page; ls -A"), { page: "old\n", gone: "" });
  await builder.repository.git.rm("gone");
  await builder.push(steps("echo never"), { page: "new\n" });
  expect(linesOf(await builder.build(asked))).toEqual(["old", ".skein.yml", "gone", "page"]);
});

test("a branch named as the revision does not stand in for it", async () => {
  const builder = await aBuilder();
  const asked = await builder.push(steps("cat page"), { page: "good\n" });
  const other = await builder.push(steps("cat page"), { page: "evil\n" });
  await builder.repository.git.raw(["push", "origin", `${other}:refs/heads/${asked}`]);
  expect(linesOf(await builder.build(asked))).toEqual(["good"]);
});

test("the environment of a step is made from nothing", async () => {
  process.env["SKEIN_TEST_SECRET"] = "s3cret";
  const { lines } = await (
    await aBuilder()
  ).built(
    [
      "env: { EVERYWHERE: 'yes' }",
      "steps:",
      "  - { run: 'exec env', env: { HERE: 'one', SKEIN_WORKSPACE: /elsewhere } }",
    ].join("\n"),
  );
  delete process.env["SKEIN_TEST_SECRET"];
  const names = lines.map((line) => line.split("=", 1)[0] ?? "").sort();
  // The shell adds PWD itself.
  expect(names).toEqual([
    "CI",
    "EVERYWHERE",
    "HERE",
    "HOME",
    "LANG",
    "PATH",
    "PWD",
    "SKEIN_BRANCH",
    "SKEIN_BUILD",
    "SKEIN_REF",
    "SKEIN_REPOSITORY",
    "SKEIN_REVISION",
    "SKEIN_WORKSPACE",
  ]);
  expect(lines).toContain("SKEIN_BRANCH=main");
  expect(lines).not.toContain("SKEIN_WORKSPACE=/elsewhere");
});

test("a step starts in the source, with an empty home beside it, and nothing of them is left", async () => {
  const builder = await aBuilder();
  const { lines } = await builder.built(steps('pwd; echo "$HOME"; ls -A "$HOME"; echo x >"$HOME/x"'));
  const [source = "", home = ""] = lines;
  expect(lines).toHaveLength(2);
  expect(source).toMatch(/\/state\/workspaces\/[^/]+\/source$/);
  expect(home).toBe(source.replace(/source$/, "home"));
  expect(existsSync(source)).toBe(false);
  expect(workspacesIn(builder.folder)).toEqual([]);
});

test("a workspace that cannot be made is told as the end of the build", async () => {
  const builder = await aBuilder();
  const { deps } = await builder.runner.context();
  const revision = await builder.push(steps("true"));
  const runner = given(ciRunner, {
    deps: {
      ...(deps as object),
      workspaces: { make: () => Promise.reject(new Error("no space left")) },
    } as never,
  });
  expect(finishedOf(await runner.when("build.requested", requestOf(revision)))).toMatchObject({
    outcome: "errored",
    reason: "no space left",
  });
});

test("a workspace that cannot be removed takes nothing from the verdict", async () => {
  const builder = await aBuilder();
  const context = (await builder.runner.context()) as {
    deps: { workspaces: { make: () => Promise<object> } };
  };
  const revision = await builder.push(steps("true"));
  const make = async () => ({
    ...(await context.deps.workspaces.make()),
    remove: () => Promise.reject(new Error("busy")),
  });
  const runner = given(ciRunner, { deps: { ...context.deps, workspaces: { make } } as never });
  expect(finishedOf(await runner.when("build.requested", requestOf(revision))).outcome).toBe("passed");
  expect(runner.logged).toMatchObject([{ level: "warn", text: expect.stringContaining("busy") as unknown }]);
});

test("a runner that must leave gives its build up: another one takes it, so no verdict is told", async () => {
  const time = aLongTime();
  const leaving = new AbortController();
  const builder = await aBuilder(leaving.signal);
  const revision = await builder.push(steps(`exec sleep ${time}`));
  const building = builder.build(revision);
  const reason = building.catch(reasonOf);
  await until("it runs", () => processesWith(time).length > 0);
  leaving.abort();
  expect(await reason).toContain("was given up");
  expect(processesWith(time)).toEqual([]);
  expect(workspacesIn(builder.folder)).toEqual([]);
});

test("nothing is left of a build that nobody listens to any more", async () => {
  const time = aLongTime();
  const builder = await aBuilder();
  const revision = await builder.push(steps(`echo on; exec sleep ${time}`));
  const context = await builder.runner.context();
  const request = requestOf(revision);
  const replies = await ciRunner.on?.["build.requested"]?.(request, context as never, {} as never);
  for await (const reply of replies as AsyncIterable<Message>) if (reply.type === "build.log") break;
  await until("it has ended", () => processesWith(time).length === 0);
  expect(workspacesIn(builder.folder)).toEqual([]);
});

test("the sources that a build writes do not reach the mirror", async () => {
  const builder = await aBuilder();
  const revision = await builder.push(steps("cat page; echo spoiled >page"), { page: "hello\n" });
  await builder.build(revision);
  expect(linesOf(await builder.build(revision))).toEqual(["hello"]);
  expect(readFileSync(join(builder.repository.work, "page"), "utf8")).toBe("hello\n");
});
