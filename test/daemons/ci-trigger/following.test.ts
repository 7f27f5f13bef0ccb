import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ciTrigger } from "../../../daemons/ci-trigger.ts";
import { leaveBuilds } from "../../../daemons/ci-trigger/builds.ts";
import type { Message } from "../../../lib/messages/catalogue.ts";
import { enclose } from "../../../lib/messages/envelope.ts";
import { buildId } from "../../../lib/schema/names.ts";
import { aPush, revisionOf } from "../../support/builders.ts";
import { aFolder } from "../../support/folder.ts";
import { dataOf, given } from "../../support/given.ts";
import { scriptedJenkins } from "../../support/scripted-jenkins.ts";
import { until } from "../../support/until.ts";

let state: string;
let jenkins: ReturnType<typeof scriptedJenkins>;
let daemon: Awaited<ReturnType<typeof open>>;
let clock: number;

beforeEach(async () => {
  state = aFolder();
  writeFileSync(join(state, "token"), "s3cr3t-of-jenkins\n", { mode: 0o600 });
  jenkins = scriptedJenkins();
  clock = Date.parse("2026-11-21T10:15:02Z");
  daemon = await open();
});
afterEach(async () => {
  crash();
  await jenkins.close();
});

const job = { repository: "shop", server: "ci", job: "app", parameters: { COMMIT: "{revision}" } };
const open = async (more: Readonly<Record<string, unknown>> = {}, jobMore: object = {}) =>
  given(ciTrigger, {
    settings: { state, repositories: { shop: { url: "/srv/shop.git" } } },
    config: {
      servers: {
        ci: {
          type: "jenkins",
          url: await jenkins.url(),
          insecure: true,
          user: "skein",
          token: { file: "token" },
        },
      },
      jobs: { unit: { ...job, ...jobMore } },
      ...more,
    },
    now: () => new Date(clock),
  });
/** As kill -9 would: what is not on disk is gone. */
const crash = () => leaveBuilds(join(state, "ci-trigger"));
const restarted = async (...with_: Parameters<typeof open>) => {
  crash();
  daemon = await open(...with_);
};

/** Lets some time pass, and looks. */
const later = async (seconds = 30): Promise<Message[]> => {
  clock += seconds * 1_000;
  return daemon.tick();
};
const pushed = () => daemon.when("commit.pushed", aPush());
const id = `unit@${revisionOf("a")}`;
const typesOf = (messages: readonly Message[]) => messages.map(({ type }) => type);
const endOf = (messages: readonly Message[]) => dataOf("build.finished", messages)[0];
const saidIn = (messages: readonly Message[]) => dataOf("event.said", messages).map(({ text }) => text);

describe("a build is asked for, followed, and told", () => {
  test("from the push to its end, with what it printed", async () => {
    expect(await pushed()).toEqual([]);
    expect(jenkins.posts().map(({ path, body }) => `${path} ${body}`)).toEqual([
      `/job/app/buildWithParameters COMMIT=${revisionOf("a")}`,
    ]);
    expect(await later()).toEqual([]);
    jenkins.begin(0, "one\r\ntwo\r\n");
    const begun = [...(await later()), ...(await later())];
    expect(typesOf(begun)).toEqual(["build.started", "build.log"]);
    expect(begun[0]?.data).toMatchObject({ build: id, repository: "shop", revision: revisionOf("a") });
    expect(dataOf("build.log", begun)[0]).toMatchObject({ step: "unit", sequence: 0, lines: ["one", "two"] });
    jenkins.end(0, "SUCCESS", { log: "one\r\ntwo\r\nthree\r\n", revision: revisionOf("a") });
    const ended = await later();
    expect(typesOf(ended)).toEqual(["build.log", "build.finished"]);
    expect(dataOf("build.log", ended)[0]).toMatchObject({ sequence: 1, lines: ["three"] });
    expect(endOf(ended)).toMatchObject({
      build: id,
      outcome: "passed",
      url: "http://jenkins.example.com/job/app/1/",
      steps: [],
    });
    jenkins.asked.length = 0;
    expect([...(await later()), ...(await later(3_600))]).toEqual([]);
    expect(jenkins.asked).toEqual([]);
  });

  test("the same push, heard again, asks for nothing more: neither while it is built nor afterwards", async () => {
    const push = aPush();
    await daemon.when("commit.pushed", push);
    await daemon.when("commit.pushed", push);
    jenkins.end(0, "SUCCESS");
    for (let turn = 0; turn < 3; turn += 1) await later();
    await daemon.when("commit.pushed", push);
    await restarted();
    await daemon.when("commit.pushed", push);
    expect(jenkins.posts()).toHaveLength(1);
    await daemon.when("commit.pushed", aPush({ at: "2026-11-22T10:15:02Z" }));
    expect(jenkins.posts()).toHaveLength(2);
  });

  test.each([
    ["UNSTABLE", {}, "failed", /UNSTABLE/],
    ["UNSTABLE", { unstable: "passed" }, "passed", /^$/],
    ["FAILURE", {}, "failed", /FAILURE/],
    ["ABORTED", {}, "cancelled", /ABORTED/],
    ["NOT_BUILT", {}, "errored", /NOT_BUILT/],
  ])("%s with %j counts as %s", async (result, more, outcome, reason) => {
    await restarted({}, more);
    await pushed();
    jenkins.begin();
    await later();
    jenkins.end(0, result);
    const told = [...(await later()), ...(await later())];
    expect(endOf(told)).toMatchObject({ outcome });
    expect(endOf(told)?.reason ?? "").toMatch(reason);
  });

  test("a build of another commit is no success of this one", async () => {
    await pushed();
    jenkins.end(0, "SUCCESS", { revision: revisionOf("b") });
    const told = [...(await later()), ...(await later())];
    expect(endOf(told)).toMatchObject({ outcome: "errored", code: "CI_OTHER_REVISION" });
  });

  test("two pushes that Jenkins merges into one item both get its result", async () => {
    await restarted({}, { parameters: {} });
    await pushed();
    await daemon.when("commit.pushed", aPush({ after: revisionOf("b") }));
    expect(jenkins.runs).toHaveLength(1);
    jenkins.end(0, "SUCCESS", { revision: revisionOf("b") });
    const told = [...(await later()), ...(await later())];
    expect(
      dataOf("build.finished", told).map(({ build, outcome, code }) => [build.slice(5, 6), outcome, code]),
    ).toEqual([
      ["a", "errored", "CI_OTHER_REVISION"],
      ["b", "passed", undefined],
    ]);
  });

  test("of a build that prints much, some is told", async () => {
    await restarted({ "log-said": "1KiB" });
    await pushed();
    jenkins.begin(0, `${"x".repeat(9_000)}\n${"short\n".repeat(2_000)}`);
    const told = [...(await later()), ...(await later())];
    const lines = dataOf("build.log", told).flatMap((each) => each.lines);
    expect(lines.join("\n").length).toBeLessThan(1_200);
    expect(lines.at(-1)).toBe("[what follows is left out]");
    jenkins.end(0, "SUCCESS", { log: "more".repeat(5_000) });
    expect(typesOf(await later())).toEqual(["build.finished"]);
  });
});

describe("what an answer says is looked at", () => {
  test.each([
    [401, "CI_REFUSED"],
    [403, "CI_REFUSED"],
    [404, "CI_JOB_UNKNOWN"],
    [409, "CI_JOB_DISABLED"],
    [400, "CI_PARAMETERS"],
    [302, "CI_ANSWER"],
    [200, "CI_ANSWER"],
  ])("%d is told as %s, and not tried again", async (status, code) => {
    jenkins.trouble({
      status,
      headers: { location: "/login?token=s3cr3t" },
      body: "<title>s3cr3t?token=s3cr3t</title>",
    });
    const told = await pushed();
    expect(typesOf(told)).toEqual(["event.said", "build.finished"]);
    expect(endOf(told)).toMatchObject({ build: id, outcome: "errored", code });
    expect(endOf(told)?.reason).toContain("Cannot ask for a build of app");
    expect(saidIn(told)[0]).toContain("the build unit of shop main aaaaaaa has no result");
    jenkins.trouble();
    await later();
    expect(jenkins.posts()).toHaveLength(1);
  });

  test("a server that is down is told of once, asked again ever later, and told of when it is back", async () => {
    jenkins.trouble({ status: 503, body: "<title>Starting Jenkins</title>" });
    const told = await pushed();
    expect(saidIn(told)).toEqual([expect.stringContaining("the CI server ci is in trouble") as string]);
    expect(saidIn(told)[0]).toContain("Starting Jenkins");
    const asked = [];
    for (let second = 0; second < 60; second += 1) {
      expect(await later(1)).toEqual([]);
      asked.push(jenkins.asked.length);
    }
    expect(jenkins.asked.length).toBeLessThan(10);
    jenkins.trouble();
    const back = await later(60);
    expect(saidIn(back)).toEqual(["the CI server ci answers again"]);
    expect(jenkins.runs).toHaveLength(1);
  });

  test("a server that stays away is given up after the patience for it", async () => {
    await restarted({ patience: "5m" });
    jenkins.trouble({ status: 500 });
    await pushed();
    for (let minute = 0; minute < 4; minute += 1) expect(await later(60)).toEqual([]);
    const told = [...(await later(60)), ...(await later(60))];
    expect(endOf(told)).toMatchObject({ outcome: "errored", code: "CI_UNREACHABLE" });
  });

  test("a server that restarts in the middle of a build loses nothing", async () => {
    await pushed();
    jenkins.begin();
    await later();
    jenkins.trouble({ status: 503 });
    expect(saidIn(await later())).toHaveLength(1);
    for (let minute = 0; minute < 90; minute += 1) expect(await later(60)).toEqual([]);
    jenkins.trouble();
    jenkins.end(0, "SUCCESS");
    expect(endOf(await later(60))).toMatchObject({ outcome: "passed" });
  });

  test("a page to log in with in the middle of a build is waited out", async () => {
    await pushed();
    jenkins.begin();
    await later();
    jenkins.trouble({ status: 200, body: "<title>Log in</title>" });
    expect(saidIn(await later())[0]).toContain("Log in");
    jenkins.trouble();
    jenkins.end(0, "SUCCESS");
    expect(endOf(await later(60))).toMatchObject({ outcome: "passed" });
  });

  test("a build that its server forgets has no result", async () => {
    await pushed();
    jenkins.runs.length = 0;
    expect(await later(5)).toEqual([]);
    const told = [...(await later(50)), ...(await later(50))];
    expect(endOf(told)).toMatchObject({ outcome: "errored", code: "CI_BUILD_LOST" });
  });

  test("a build without an end has an unknown one, and is stopped", async () => {
    await restarted({}, { deadline: "1h" });
    await pushed();
    jenkins.begin();
    await later();
    await later();
    const told = await later(3_600);
    expect(endOf(told)).toMatchObject({ outcome: "errored", code: "CI_BUILD_LOST" });
    expect(endOf(told)?.reason).toContain("unknown");
    expect(jenkins.runs[0]).toMatchObject({ result: "ABORTED" });
  });

  test("a slow server holds up neither a push nor another server", async () => {
    const other = scriptedJenkins();
    const at = async (url: Promise<string>) => ({ type: "jenkins", url: await url, insecure: true });
    await restarted({
      poll: "50ms",
      servers: { ci: await at(jenkins.url()), quick: await at(other.url()) },
      jobs: { unit: job, lint: { ...job, server: "quick" } },
    });
    jenkins.trouble("hang");
    const begun = Date.now();
    await pushed();
    await until("the quick one was asked", () => other.runs.length > 0);
    other.end(0, "SUCCESS");
    const finished = await until("its end is told", async () => endOf(await later()));
    // The slow one is waited for ten seconds.
    expect(Date.now() - begun).toBeLessThan(8_000);
    expect(finished).toMatchObject({ build: `lint@${revisionOf("a")}`, outcome: "passed" });
    await other.close();
  });
});

describe("killed at each step, and started again", () => {
  const resumed = async () => {
    jenkins.afterPost();
    await restarted();
    const first = await later();
    jenkins.end(0, "SUCCESS", { revision: revisionOf("a") });
    const told = [...first, ...(await later()), ...(await later())];
    expect(jenkins.runs).toHaveLength(1);
    expect(typesOf(told).filter((type) => type !== "event.said")).toEqual([
      "build.started",
      "build.finished",
    ]);
    expect(endOf(told)).toMatchObject({ build: id, outcome: "passed" });
  };
  /** Sets what is on disk of the one build. */
  const onDisk = (change: object) => {
    const folder = join(state, "ci-trigger");
    const [file = ""] = readdirSync(folder);
    const written = JSON.parse(readFileSync(join(folder, file), "utf8")) as { value: object };
    writeFileSync(join(folder, file), JSON.stringify({ ...written, value: { ...written.value, ...change } }));
  };

  test("before the request went out, with nothing but the wish on disk", async () => {
    jenkins.trouble({ status: 503 });
    await pushed();
    onDisk({ state: "wanted" });
    jenkins.trouble();
    await resumed();
  });

  test("before the request went out, when it was about to", async () => {
    jenkins.trouble({ status: 503 });
    await pushed();
    jenkins.trouble();
    await resumed();
  });

  test("after it was taken, before the answer came", async () => {
    jenkins.afterPost("hang");
    await restarted({ poll: "50ms" });
    await pushed();
    await until("it was taken", () => jenkins.posts().length > 0);
    await resumed();
    expect(jenkins.posts()).toHaveLength(1);
  });

  test("after it was taken and had begun, before the answer came", async () => {
    jenkins.afterPost({ status: 500 });
    await pushed();
    jenkins.begin();
    await resumed();
    expect(jenkins.posts()).toHaveLength(1);
  });

  test("after the answer was written down", async () => {
    await pushed();
    await resumed();
  });

  test("while its beginning is told: it is told again, under the same id", async () => {
    await pushed();
    jenkins.begin();
    clock += 30_000;
    const first = await firstOf();
    await restarted();
    const again = (await later()).find(({ type }) => type === "build.started");
    expect(again?.type).toBe("build.started");
    expect(idOf(again)).toBe(idOf(first));
  });

  test("while its end is told: it is told again, under the same id", async () => {
    await restarted({}, { log: false });
    await pushed();
    jenkins.begin();
    await later();
    await later();
    jenkins.end(0, "SUCCESS");
    clock += 30_000;
    const first = await firstOf();
    expect(first?.type).toBe("build.finished");
    jenkins.runs.length = 0;
    await restarted();
    const [again] = await later();
    expect(idOf(again)).toBe(idOf(first));
  });

  test("a file that is damaged costs its build, and nothing else", async () => {
    await pushed();
    await daemon.when("commit.pushed", aPush({ after: revisionOf("b") }));
    const folder = join(state, "ci-trigger");
    writeFileSync(join(folder, readdirSync(folder)[0] ?? ""), "{");
    await restarted();
    jenkins.end(0, "SUCCESS");
    jenkins.end(1, "SUCCESS");
    expect(dataOf("build.finished", [...(await later()), ...(await later())])).toHaveLength(1);
    expect(daemon.logged.some(({ level }) => level === "error")).toBe(true);
  });

  /** The first message that a look says; whoever takes it dies with it. */
  async function firstOf(): Promise<Message | undefined> {
    const said = await ciTrigger.every?.tick(await daemon.context());
    const iterator = (said as AsyncIterable<Message>)[Symbol.asyncIterator]();
    return ((await iterator.next()) as IteratorResult<Message, undefined>).value;
  }
  const idOf = (each: Message | undefined) =>
    each === undefined ? undefined : enclose(each, { source: "//test/test", now: new Date(clock) }).id;
});

test("a push is not taken while the disk takes nothing: it comes again", async () => {
  await daemon.context();
  rmSync(join(state, "ci-trigger"), { recursive: true });
  writeFileSync(join(state, "ci-trigger"), "");
  await expect(pushed()).rejects.toMatchObject({ code: "SPOOL_FAILED", transient: true });
  expect(jenkins.posts()).toEqual([]);
  rmSync(join(state, "ci-trigger"));
  mkdirSync(join(state, "ci-trigger"));
  await pushed();
  expect(jenkins.posts()).toHaveLength(1);
});

describe("somebody wants a build ended", () => {
  const cancel = () =>
    daemon.when("build.cancelled", {
      build: buildId.parse(id),
      by: "dana",
      why: "wrong branch",
      at: "2026-11-21T10:16:00Z",
    });

  test("one that waits is taken from the queue, and never began", async () => {
    await pushed();
    await cancel();
    const told = [...(await later()), ...(await later())];
    expect(typesOf(told)).toEqual(["build.finished"]);
    expect(endOf(told)).toMatchObject({
      outcome: "cancelled",
      reason: "ended by dana: wrong branch",
      seconds: 0,
    });
  });

  test("one that runs is stopped, also where a restart comes between", async () => {
    await pushed();
    jenkins.begin();
    await later();
    await later();
    jenkins.trouble({ status: 503 });
    await cancel();
    jenkins.trouble();
    await restarted();
    const told = [...(await later()), ...(await later())];
    expect(jenkins.runs[0]).toMatchObject({ result: "ABORTED" });
    expect(endOf(told)).toMatchObject({ outcome: "cancelled", reason: "ended by dana: wrong branch" });
  });

  test("one that its server was never asked for is not asked for any more", async () => {
    jenkins.trouble({ status: 503 });
    await pushed();
    jenkins.trouble();
    const told = await cancel();
    expect(endOf([...told, ...(await later(60))])).toMatchObject({ outcome: "cancelled" });
    expect(jenkins.runs).toEqual([]);
  });

  test("one that has ended, or that nobody knows, is left alone", async () => {
    expect(await cancel()).toEqual([]);
  });
});

test("the token is in no message, no log, no address and no file but its own", async () => {
  jenkins.trouble({ status: 403 });
  const told = [...(await pushed()), ...(await later())];
  const files = readdirSync(join(state, "ci-trigger")).map((file) =>
    readFileSync(join(state, "ci-trigger", file), "utf8"),
  );
  const everything = JSON.stringify([
    told,
    daemon.logged,
    files,
    jenkins.asked.map(({ path, body }) => [path, body]),
  ]);
  expect(everything).not.toContain("s3cr3t-of-jenkins");
  expect(everything).not.toContain(Buffer.from("skein:s3cr3t-of-jenkins").toString("base64"));
  expect(jenkins.asked[0]?.headers["authorization"]).toBe(
    `Basic ${Buffer.from("skein:s3cr3t-of-jenkins").toString("base64")}`,
  );
});

test("a job whose name is that of a repository with `ci: true` is refused: their builds would have one id", async () => {
  const both = given(ciTrigger, {
    settings: { state, repositories: { unit: { url: "/srv/unit.git", ci: true } } },
    config: {
      servers: { ci: { type: "jenkins", url: "https://ci.example.com" } },
      jobs: { unit: job },
    },
  });
  await expect(both.context()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
