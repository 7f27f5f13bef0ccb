import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { objection } from "../../../../lib/effects/ci/asking.ts";
import type { CiServer } from "../../../../lib/effects/ci/ci.ts";
import { jenkins } from "../../../../lib/effects/ci/jenkins.ts";
import { type Http, http } from "../../../../lib/effects/http.ts";
import { refName, revision } from "../../../../lib/schema/names.ts";
import { Secret } from "../../../../lib/schema/secret.ts";
import { revisionOf } from "../../../support/builders.ts";
import { selfSigned } from "../../../support/certificate.ts";
import { anOrder } from "../../../support/orders.ts";
import { exchanges, LOGINS, replayedJenkins } from "../../../support/replayed-jenkins.ts";
import { scriptedServer } from "../../../support/scripted-server.ts";

const ref = refName.parse("refs/heads/main");
const at = (job: string) => ({ job, ref });
const as = ({ user, secret }: { user: string; secret: string }) => ({ user, token: new Secret(secret) });

describe("the recorded Jenkins 2.263.4", () => {
  let recorded: Awaited<ReturnType<typeof replayedJenkins>>;
  let ci: CiServer;
  const seen = new Set<string>();

  beforeEach(async () => {
    recorded = await replayedJenkins();
    ci = jenkins({ url: recorded.url, http, ...as(LOGINS.token) });
  });
  afterEach(async () => {
    await recorded.close();
    expect(recorded.unrecorded).toEqual([]);
    for (const label of recorded.asked) seen.add(label);
  });

  test("a build is asked for, waits, runs, ends, and its output is read", async () => {
    const queued = await ci.trigger(anOrder());
    expect(queued).toEqual({ item: "22" });
    expect(await ci.poll(queued, at("plain"))).toEqual({
      state: "queued",
      handle: queued,
      why: "Waiting for next available executor",
    });
    const left = await ci.poll(queued, at("plain"));
    expect(left).toMatchObject({ state: "running", handle: { item: "22", run: "6" } });
    const running = { item: "22", run: "6" };
    const states = [];
    for (let turn = 0; turn < 4; turn += 1) states.push(await ci.poll(running, at("plain")));
    expect(states.map(({ state }) => state)).toEqual(["running", "running", "running", "ended"]);
    expect(states.at(-1)).toEqual({
      state: "ended",
      handle: running,
      url: "http://127.0.0.1:8081/job/plain/6/",
      result: "passed",
      revisions: [],
    });
    const printed = await ci.log(running, at("plain"), "");
    expect(printed).toMatchObject({ from: "493", cut: false });
    expect(printed.text).toContain("+ echo building\r\n");
  });

  test("parameters go in the body, never in the address", async () => {
    const parameters = { COMMIT: "abc123", SECS: "3", UNDECLARED: "x" };
    expect(await ci.trigger(anOrder({ job: "param", parameters }))).toEqual({ item: "23" });
  });

  test("what waits behind another build says why; who asks for the same gets the same item", async () => {
    const order = anOrder({ job: "param", parameters: { COMMIT: "def456", SECS: "1" } });
    expect(await ci.trigger(order)).toEqual({ item: "24" });
    expect(await ci.trigger(order)).toEqual({ item: "24" });
    expect(await ci.poll({ item: "24" }, at("param"))).toEqual({
      state: "queued",
      handle: { item: "24" },
      why: "Build #6 is already in progress (ETA: 1 sec)",
    });
  });

  test("what waits is taken from the queue, and what runs is stopped", async () => {
    expect(await ci.poll({ item: "25" }, at("param"))).toMatchObject({ state: "queued" });
    await ci.cancel({ item: "25" }, at("param"));
    expect(await ci.poll({ item: "25" }, at("param"))).toMatchObject({ state: "ended", result: "cancelled" });
    await ci.cancel({ item: "24", run: "lastBuild" }, at("param"));
    expect(recorded.asked).toContain("stop running build");
  });

  test("a build that fails has failed", async () => {
    await ci.trigger(anOrder({ job: "conc", parameters: { RC: "1", SECS: "0" } }));
    expect(await ci.poll({ run: "lastBuild" }, at("conc"))).toMatchObject({
      state: "ended",
      result: "failed",
      reason: "Jenkins says FAILURE",
    });
  });

  test("a password gets a crumb and keeps its session; what was refused without is asked again with both", async () => {
    ci = jenkins({ url: recorded.url, http, ...as(LOGINS.password) });
    expect(await ci.trigger(anOrder())).toEqual({ item: "27" });
    expect(recorded.asked).toEqual([
      "password without crumb",
      "crumb issuer (password)",
      "password + crumb + session cookie",
    ]);
  });

  test("a job in folders is found by its path", async () => {
    expect(await ci.trigger(anOrder({ job: "team/sub/app" }))).toEqual({ item: "29" });
  });

  test.each([
    ["bad password", { ...as({ user: "deploykit", secret: "wrong" }) }, "plain", "CI_REFUSED"],
    ["unknown job", as(LOGINS.token), "nope", "CI_JOB_UNKNOWN"],
    ["disabled job", as(LOGINS.token), "disabled", "CI_JOB_DISABLED"],
    ["build on parameterized job", as(LOGINS.token), "param", "CI_PARAMETERS"],
  ])("%s: the answer is looked at, and no other try would help", async (label, login, job, code) => {
    ci = jenkins({ url: recorded.url, http, ...login });
    await expect(ci.trigger(anOrder({ job }))).rejects.toMatchObject({ code, transient: false });
    expect(recorded.asked).toEqual([label]);
  });

  test("the token of a job is taken from who may read, and from nobody else", async () => {
    // What the real one was not asked: the POST before, and a crumb for nobody in particular.
    const withPost: Http = (url, request) => {
      if (request.method === "POST") return Promise.resolve(answerOf("no credentials"));
      if (url.endsWith("/crumbIssuer/api/json")) return Promise.resolve(answerOf("no credentials"));
      return http(
        url.replace(
          /token=jobtok$/,
          request.headers?.["authorization"] === undefined ? "$&" : "$&&cause=deploykit",
        ),
        request,
      );
    };
    const token = new Secret("jobtok");
    const anonymous = jenkins({ url: recorded.url, http: withPost });
    await expect(anonymous.trigger(anOrder({ job: "tok", token }))).rejects.toMatchObject({
      code: "CI_REFUSED",
    });
    const known = jenkins({ url: recorded.url, http: withPost, ...as(LOGINS.token) });
    expect(await known.trigger(anOrder({ job: "tok", token }))).toEqual({ item: "28" });
    const wrong = known.trigger(anOrder({ job: "tok", token: new Secret("bad") }));
    await expect(wrong).rejects.toMatchObject({ code: "CI_REFUSED" });
    await expect(wrong).rejects.not.toThrow(/bad\b/);
  });

  test.each([
    ["no credentials", "CI_REFUSED", false],
    ["bad password", "CI_REFUSED", false],
    ["password without crumb", "CI_REFUSED", false],
    ["password + crumb WITHOUT cookie", "CI_REFUSED", false],
    ["GET instead of POST", "CI_ANSWER", false],
    ["unknown job", "CI_JOB_UNKNOWN", false],
    ["disabled job", "CI_JOB_DISABLED", false],
    ["buildWithParameters on plain job", "CI_UNREACHABLE", true],
    ["build on parameterized job", "CI_PARAMETERS", false],
    ["legacy job token, anonymous without read", "CI_REFUSED", false],
    ["wrong job token", "CI_REFUSED", false],
    ["folder job wrong url", "CI_JOB_UNKNOWN", false],
    ["unknown queue item", "CI_JOB_UNKNOWN", false],
  ])("%s is refused as %s", (label, code, transient) => {
    const failure = objection("ask", { url: recorded.url, http }, answerOf(label));
    expect(failure).toMatchObject({ code, transient });
    seen.add(label);
  });

  test("every exchange is replayed, but those that Skein has no use for", () => {
    expect(exchanges.map(({ label }) => label).filter((label) => !seen.has(label))).toEqual([
      "console text",
      "trigger with delay",
      "notifyCommit (git plugin 4.6.0)",
      "server info",
      "job info",
    ]);
  });
});

/** What was answered to a question, as the client sees it. */
function answerOf(label: string) {
  const found = exchanges.find((each) => each.label === label);
  if (found === undefined) throw new Error(`Nothing was recorded as ${label}`);
  const { status, headers, body } = found.response;
  const flat = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")]),
  );
  return { status, headers: flat, body: Buffer.from(body), cut: false };
}

describe("what a Jenkins of today is known to answer, scripted", () => {
  const server = scriptedServer();
  afterAll(() => server.close());
  const ci = async (deadline?: number) =>
    jenkins({ url: await server.url(), http, deadline, ...as(LOGINS.token) });
  const COMMIT = revision.parse(revisionOf("a"));
  const order = anOrder({ job: "app", parameters: { COMMIT } });
  const page = { status: 200, headers: { "content-type": "text/html" }, body: "<title>Sign in</title>" };

  test("2.57x answers 303 where the same is in the queue already", async () => {
    server.script({
      "POST /job/app/buildWithParameters": {
        status: 303,
        headers: { location: "http://elsewhere/queue/item/7/" },
      },
    });
    expect(await (await ci()).trigger(order)).toEqual({ item: "7" });
  });

  test.each([
    ["a page to log in with", page, "CI_ANSWER", /page/],
    [
      "a redirect to one",
      { status: 302, headers: { location: "http://169.254.169.254/login?from=secret" } },
      "CI_ANSWER",
      /elsewhere/,
    ],
    ["a redirect to nowhere", { status: 302, headers: { location: "." } }, "CI_REFUSED", /schedule/],
    [
      "that it is starting",
      { status: 503, body: "<title>Starting Jenkins</title>" },
      "CI_UNREACHABLE",
      /Starting Jenkins/,
    ],
    ["that there were too many", { status: 429 }, "CI_UNREACHABLE", /429/],
  ])("%s is no build", async (_what, answer, code, reason) => {
    server.script({ "POST /job/app/buildWithParameters": answer });
    const failed = (await ci()).trigger(order);
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(reason) as string });
    await expect(failed).rejects.not.toThrow(/secret/);
    expect(server.asked).toHaveLength(1);
  });

  test("a server that hangs, or is not there, may answer another time", async () => {
    server.script({ "POST /job/app/buildWithParameters": "hang" });
    await expect((await ci(100)).trigger(order)).rejects.toMatchObject({
      code: "CI_UNREACHABLE",
      transient: true,
    });
    const gone = jenkins({ url: "http://127.0.0.1:9", http });
    await expect(gone.trigger(order)).rejects.toMatchObject({ code: "CI_UNREACHABLE", transient: true });
  });

  test("a server that vouches for itself is not believed", async () => {
    const secure = createServer(await selfSigned(), (_request, response) => response.writeHead(201).end());
    secure.listen(0, "127.0.0.1");
    await once(secure, "listening");
    const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
    await expect(jenkins({ url, http, ...as(LOGINS.token) }).trigger(order)).rejects.toMatchObject({
      code: "CI_UNREACHABLE",
      message: expect.stringContaining("self-signed") as string,
    });
    secure.close();
  });

  test("an endless answer is not read to its end", async () => {
    server.script({ "GET /job/app/3/api/json": "endless" });
    await expect((await ci()).poll({ run: "3" }, at("app"))).rejects.toMatchObject({
      code: "CI_ANSWER",
      message: expect.stringContaining("longer than") as string,
    });
  });

  test("a page instead of a build may pass", async () => {
    server.script({ "GET /job/app/3/api/json": page });
    await expect((await ci()).poll({ run: "3" }, at("app"))).rejects.toMatchObject({
      code: "CI_ANSWER",
      transient: true,
      message: expect.stringContaining("Sign in") as string,
    });
  });

  const shown = (number: number, more: object = {}) => ({
    number,
    building: true,
    result: null,
    queueId: 40 + number,
    timestamp: 1_000,
    ...more,
  });
  const withCommit = (value: string) => ({
    actions: [{}, null, { parameters: [{ name: "COMMIT", value }] }],
  });

  test("an item that Jenkins forgot is found again by the build that remembers it", async () => {
    server.script({
      "GET /queue/item/44/api/json": { status: 404 },
      "GET /job/app/api/json": {
        status: 200,
        body: { builds: [shown(5), shown(4, { building: false, result: "UNSTABLE" })] },
      },
    });
    expect(await (await ci()).poll({ item: "44" }, at("app"))).toMatchObject({
      state: "ended",
      result: "unstable",
      handle: { item: "44", run: "4" },
    });
    server.script({
      "GET /queue/item/99/api/json": { status: 404 },
      "GET /job/app/api/json": { status: 200, body: { builds: [shown(5)] } },
      "GET /job/app/9/api/json": { status: 404 },
    });
    expect(await (await ci()).poll({ item: "99" }, at("app"))).toEqual({ state: "lost" });
    expect(await (await ci()).poll({ run: "9" }, at("app"))).toEqual({ state: "lost" });
  });

  test("what was perhaps asked for is looked for in the queue, then among the builds", async () => {
    const waiting = (id: number, path: string, commit: string) => ({
      id,
      task: { url: `http://elsewhere/prefix${path}/` },
      ...withCommit(commit),
    });
    const items = [
      { id: 6, task: { url: "no address" }, ...withCommit(COMMIT) },
      waiting(7, "/job/folder/job/app", COMMIT),
      waiting(8, "/job/other", COMMIT),
      waiting(9, "/job/app", revisionOf("b")),
      waiting(10, "/job/app", COMMIT),
    ];
    server.script({ "GET /queue/api/json": { status: 200, body: { items } } });
    expect(await (await ci()).locate(order)).toEqual({ item: "10" });
    const builds = [shown(6, withCommit(revisionOf("b"))), shown(5, withCommit(COMMIT))];
    server.script({
      "GET /queue/api/json": { status: 200, body: { items: items.slice(0, -1) } },
      "GET /job/app/api/json": { status: 200, body: { builds } },
    });
    expect(await (await ci()).locate(order)).toEqual({ item: "45", run: "5" });
    expect(await (await ci()).locate({ ...order, wanted: 1_000_000 })).toBeUndefined();
  });

  test("without parameters, a build is known by the commit that it built", async () => {
    const built = (SHA1: string) => ({ actions: [{ lastBuiltRevision: { SHA1 } }] });
    server.script({
      "GET /queue/api/json": { status: 200, body: { items: [] } },
      "GET /job/app/api/json": {
        status: 200,
        body: { builds: [shown(2, built(revisionOf("b"))), shown(1, built(COMMIT))] },
      },
    });
    expect(await (await ci()).locate({ ...order, parameters: {} })).toMatchObject({ run: "1" });
  });

  test.each([
    ["SUCCESS", "passed"],
    ["UNSTABLE", "unstable"],
    ["FAILURE", "failed"],
    ["ABORTED", "cancelled"],
    ["NOT_BUILT", "errored"],
    ["constructor", "errored"],
  ])("%s means %s", async (result, means) => {
    server.script({
      "GET /job/app/3/api/json": {
        status: 200,
        body: shown(3, { building: false, result, actions: [{ lastBuiltRevision: { SHA1: COMMIT } }] }),
      },
    });
    expect(await (await ci()).poll({ run: "3" }, at("app"))).toMatchObject({
      result: means,
      revisions: [COMMIT],
    });
  });

  test.each([
    "..",
    "a/../b",
    "a//b",
    "/a",
    "a/",
    ".",
    "",
    "a?token=x",
    "a#b",
    "%2e%2e",
    "%2E%2E",
    "a%2fb",
    "a\nb",
    "a\\b",
    "a\u202eb",
    "{repository}",
  ])("no request goes out for a job %j", async (job) => {
    server.script({});
    await expect((await ci()).trigger(anOrder({ job }))).rejects.toMatchObject({ code: "CI_JOB_UNKNOWN" });
    expect(server.asked).toEqual([]);
  });

  test("a branch of a multibranch job is named as Jenkins names it; spaces and accents are just written", async () => {
    const asked = { status: 201, headers: { location: "/queue/item/1/" } };
    server.script({
      "POST /job/team/job/shop/job/feature%252Fx%2540y%2Bz/build": asked,
      "POST /job/my%20job%C3%A9/build": asked,
    });
    const branch = refName.parse("refs/heads/feature/x@y+z");
    expect(await (await ci()).trigger(anOrder({ job: "team/shop/{branch}", ref: branch }))).toEqual({
      item: "1",
    });
    expect(await (await ci()).trigger(anOrder({ job: "my jobé" }))).toEqual({ item: "1" });
  });
});
