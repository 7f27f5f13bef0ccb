import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ciStatus } from "../../daemons/ci-status.ts";
import { noticeIn } from "../../daemons/ci-status/notice.ts";
import { openCiServer } from "../../lib/config/ci-servers.ts";
import { http } from "../../lib/effects/http.ts";
import type { Asked } from "../../lib/effects/http-server.ts";
import type { Message } from "../../lib/messages/catalogue.ts";
import { buildId, refName, repositoryName, revision as parseRevision } from "../../lib/schema/names.ts";
import { revisionOf } from "../support/builders.ts";
import { listen, start } from "../support/daemons.ts";
import { freePort } from "../support/free-port.ts";
import { dataOf, given } from "../support/given.ts";
import { describeNeeding } from "../support/needing.ts";
import { startBuildbot } from "../support/real-buildbot.ts";
import { exchanges, LOGINS, replayedJenkins } from "../support/replayed-jenkins.ts";
import { scriptedJenkins } from "../support/scripted-jenkins.ts";

const SECRET = "a secret of the plugin";
const commit = revisionOf("a");
let state: string;
let jenkins: ReturnType<typeof scriptedJenkins>;
let clock: number;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "skein-ci-status-"));
  writeFileSync(join(state, "secret"), SECRET, { mode: 0o600 });
  writeFileSync(join(state, "token"), LOGINS.token.secret, { mode: 0o600 });
  jenkins = scriptedJenkins();
  clock = Date.parse("2026-11-25T10:00:00Z");
});
afterEach(async () => {
  await jenkins.close();
  rmSync(state, { recursive: true, force: true });
});

const sources = (url: string, jobs: object = { unit: { repository: "shop" } }) => ({
  jenkins: {
    server: { type: "jenkins", url, insecure: true, user: "user", token: { file: "token" } },
    secret: { file: "secret" },
    jobs,
  },
});

const aDaemon = async (jobs?: object) =>
  given(ciStatus, {
    settings: { state },
    config: { sources: sources(await jenkins.url(), jobs) },
    now: () => new Date(clock),
  });

/** What the Notification plugin posts: only where the build is counts. */
const notice = (url: string, more: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      name: "unit",
      url: "job/unit/",
      build: { full_url: `http://jenkins/${url}`, number: 1, phase: "STARTED", url, ...more },
    }),
  );
const basic = (secret: string) => ({
  authorization: [`Basic ${Buffer.from(`jenkins:${secret}`).toString("base64")}`],
});
const told = (body: Buffer, more: Partial<Asked> = {}): Partial<Asked> => ({
  path: "/jenkins",
  headers: basic(SECRET),
  body,
  ...more,
});

/** A build of the job `unit` that runs there. */
function aRun(more: object = {}) {
  jenkins.runs.push({
    job: "unit",
    item: 100,
    number: 1,
    parameters: {},
    state: "running",
    result: null,
    log: "",
    revision: commit,
    branch: "refs/remotes/origin/feature/x",
    ...more,
  });
}

test("what Jenkins itself says of a build is told, and nothing of what came", async () => {
  aRun();
  const daemon = await aDaemon();
  const lies = { scm: { branch: "origin/main", commit: revisionOf("f") }, status: "SUCCESS" };
  const { answer, messages } = await daemon.ask(told(notice("job/unit/1/", lies)));
  expect(answer.status).toBe(202);
  expect(messages).toEqual([]);
  expect(await daemon.tick()).toMatchObject([
    {
      type: "build.started",
      data: {
        build: `shop@${commit}`,
        ref: "refs/heads/feature/x",
        url: expect.stringContaining("/job/unit/1/") as string,
      },
    },
  ]);
  jenkins.end(0, "FAILURE");
  await daemon.ask(told(notice("job/unit/1/", lies)));
  clock += 5_000;
  expect(await daemon.tick()).toMatchObject([
    { type: "build.finished", data: { build: `shop@${commit}`, outcome: "failed", seconds: 5 } },
  ]);
});

test("a build whose end nobody tells of is looked at again, and its end is told once", async () => {
  aRun();
  const daemon = await aDaemon();
  await daemon.ask(told(notice("job/unit/1/")));
  await daemon.tick();
  jenkins.end(0, "SUCCESS");
  expect(await daemon.tick()).toEqual([]);
  clock += 60_000;
  expect(dataOf("build.finished", await daemon.tick())).toMatchObject([{ outcome: "passed" }]);
  const { answer } = await daemon.ask(told(notice("job/unit/1/", { phase: "FINALIZED" })));
  expect(JSON.parse(String(answer.body))).toEqual({ ignored: "its end was told" });
  clock += 60_000;
  expect(await daemon.tick()).toEqual([]);
});

test("a build that has not checked out yet is told of once it has", async () => {
  aRun();
  const [run] = jenkins.runs;
  delete run?.revision;
  const daemon = await aDaemon();
  await daemon.ask(told(notice("job/unit/1/")));
  expect(await daemon.tick()).toEqual([]);
  jenkins.end(0, "SUCCESS", { revision: commit });
  await daemon.ask(told(notice("job/unit/1/", { phase: "COMPLETED" })));
  expect((await daemon.tick()).map(({ type }) => type)).toEqual(["build.started", "build.finished"]);
});

test("of a build that was begun and is lost, that is told, and a later notice counts", async () => {
  aRun();
  const daemon = await aDaemon();
  await daemon.ask(told(notice("job/unit/1/")));
  await daemon.tick();
  jenkins.trouble({ status: 404 });
  clock += 60_000;
  const lost = await daemon.tick();
  expect(dataOf("build.finished", lost)).toMatchObject([
    { build: `shop@${commit}`, outcome: "errored", code: "CI_BUILD_LOST" },
  ]);
  jenkins.trouble();
  jenkins.end(0, "SUCCESS");
  await daemon.ask(told(notice("job/unit/1/", { phase: "COMPLETED" })));
  expect(dataOf("build.finished", await daemon.tick())).toMatchObject([{ outcome: "passed" }]);
});

test("a Jenkins that is away is asked later, also by a daemon that was started again", async () => {
  aRun();
  jenkins.trouble({ status: 503 });
  const daemon = await aDaemon();
  await daemon.ask(told(notice("job/unit/1/")));
  expect(await daemon.tick()).toEqual([]);
  expect(daemon.logged.some(({ text }) => text.includes("cannot be looked at yet"))).toBe(true);
  jenkins.trouble();
  expect(dataOf("build.started", await (await aDaemon()).tick())).toHaveLength(1);
});

test("a job that is not in the configuration is ignored, and so is a build that its server does not know", async () => {
  const daemon = await aDaemon();
  expect((await daemon.ask(told(notice("job/other/1/")))).answer.status).toBe(200);
  expect((await daemon.ask(told(notice("job/unit/7/")))).answer.status).toBe(202);
  expect(await daemon.tick()).toMatchObject([
    { type: "event.said", data: { text: expect.stringContaining("[CI_BUILD_LOST]") as string } },
  ]);
  expect(jenkins.asked.map(({ path }) => path)).toEqual([expect.stringContaining("/job/unit/7/")]);
});

test("a job in folders and the branches of a multibranch job are known by their names", async () => {
  aRun({ job: "feature%252Fx" });
  const daemon = await aDaemon({ "web/site/{branch}": { repository: "shop", pipeline: "site" } });
  await daemon.ask(told(notice("job/web/job/site/job/feature%252Fx/1/")));
  await daemon.tick();
  expect(jenkins.asked[0]?.path).toContain("/job/web/job/site/job/feature%252Fx/1/");
});

test("a build that checked out nothing of git is told to be unclear", async () => {
  const real = await replayedJenkins();
  const daemon = given(ciStatus, {
    settings: { state },
    config: { sources: sources(real.url, { plain: { repository: "shop" } }) },
    now: () => new Date(clock),
  });
  expect(exchanges.some(({ request }) => request.path.startsWith("/job/plain/6/api/json"))).toBe(true);
  await daemon.ask(told(notice("job/plain/6/")));
  const messages: Message[] = [];
  // It runs for a few looks, as it did when it was recorded.
  for (let looks = 0; looks < 10 && messages.length === 0; looks += 1) {
    messages.push(...(await daemon.tick()));
    clock += 60_000;
  }
  expect(messages).toMatchObject([
    { type: "event.said", data: { text: expect.stringContaining("[BUILD_UNCLEAR]") as string } },
  ]);
  expect(real.unrecorded).toEqual([]);
  await real.close();
});

test.each([
  ["no secret", { headers: {} }, 401],
  ["another secret", { headers: basic("a secret of the plugiN") }, 401],
  ["two logins", { headers: { authorization: [...basic(SECRET).authorization, "Basic x"] } }, 401],
  ["the secret in the path", { path: `/jenkins/${encodeURIComponent(SECRET)}`, headers: {} }, 202],
  ["another secret in the path", { path: "/jenkins/guess", headers: {} }, 401],
  ["an unknown source", { path: "/nobody" }, 404],
  ["the name of something that every object has", { path: "/constructor" }, 404],
  ["GET", { method: "GET" }, 405],
  ["what is no JSON", { body: Buffer.from("{") }, 400],
  ["what is nested too deep", { body: Buffer.from("[".repeat(10_000)) }, 400],
  ["a build above all jobs", { body: notice("../../script/1/") }, 400],
  ["what is of no build", { body: Buffer.from("{}") }, 400],
])("%s is answered with what it deserves", async (_what, more, status) => {
  const daemon = await aDaemon();
  const { answer, messages } = await daemon.ask(told(notice("job/unit/1/"), more));
  expect({ status: answer.status, messages }).toEqual({ status, messages: [] });
  expect(jenkins.asked).toEqual([]);
});

test("a secret that can be guessed is refused at the start", async () => {
  writeFileSync(join(state, "secret"), "short");
  await expect((await aDaemon()).context()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("names that mean a folder above are handed to nobody", () => {
  const found = noticeIn("jenkins", notice("job/%2E%2E/1/"));
  expect(found).toEqual({ job: "..", handle: { run: "1" } });
  expect(noticeIn("jenkins", notice("job/%zz/1/"))).toBeUndefined();
});

describeNeeding(
  { buildbot: "buildbot", "buildbot-worker": "buildbot-worker" },
  "with a real Buildbot that pushes its status",
  () => {
    test("a build that nobody of ours began is told from begin to end", { timeout: 60_000 }, async () => {
      const port = await freePort();
      const real = await startBuildbot(state, { url: `http://127.0.0.1:${port}/bb`, password: SECRET });
      const server = { type: "buildbot" as const, url: real.url, insecure: true, user: real.user };
      writeFileSync(join(state, "token"), real.password, { mode: 0o600 });
      const config = {
        listen: `127.0.0.1:${port}`,
        poll: "200ms",
        sources: {
          bb: {
            server: { ...server, token: { file: "token" } },
            secret: { file: "secret" },
            jobs: { unit: { repository: "shop" } },
          },
        },
      };
      const daemon = await start(ciStatus, () => ({ state, "ci-status": config }));
      try {
        const news = await listen(daemon.hub, "build.started", "build.finished");
        await openCiServer("bb", { ...server, token: { file: "token" } }, { state }, http).trigger({
          job: "force-unit",
          ref: refName.parse("refs/heads/main"),
          build: buildId.parse(`shop@${commit}`),
          repository: repositoryName.parse("shop"),
          revision: parseRevision.parse(commit),
          wanted: Date.now(),
          parameters: { commands: "exit 3" },
        });
        const ended = await news.next(({ type }) => type === "build.finished");
        expect(ended.data).toMatchObject({
          build: `shop@${commit}`,
          ref: "refs/heads/main",
          outcome: "failed",
          url: expect.stringContaining(real.url) as string,
        });
        expect(news.heard.map(({ type }) => type)).toEqual(["build.started", "build.finished"]);
      } finally {
        await daemon.stop();
        await real.stop();
      }
    });
  },
);
