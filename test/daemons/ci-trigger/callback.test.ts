import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ciTrigger } from "../../../daemons/ci-trigger.ts";
import { leaveBuilds } from "../../../daemons/ci-trigger/builds.ts";
import { http } from "../../../lib/effects/http.ts";
import { aPush, revisionOf } from "../../support/builders.ts";
import { listen, publish, start } from "../../support/daemons.ts";
import { aFolder } from "../../support/folder.ts";
import { freePort } from "../../support/free-port.ts";
import { dataOf, given } from "../../support/given.ts";
import { scriptedServer } from "../../support/scripted-server.ts";

let state: string;
const server = scriptedServer();
beforeEach(() => {
  state = aFolder();
  server.script({ "POST /hook": { status: 202 } });
});
afterEach(async () => {
  leaveBuilds(join(state, "ci-trigger"));
  await server.close();
});

const id = `unit@${revisionOf("a")}`;
const config = async (port: number) => ({
  listen: `127.0.0.1:${port}`,
  poll: "50ms",
  servers: {
    ci: {
      type: "http",
      url: `${await server.url()}/hook`,
      insecure: true,
      callback: `http://127.0.0.1:${port}/`,
    },
  },
  jobs: { unit: { repository: "shop", server: "ci", job: "unit" } },
});
const callbackIn = () =>
  (JSON.parse(server.asked[0]?.body ?? "{}") as { callback: { url: string; token: string } }).callback;
const opened = async () =>
  given(ciTrigger, {
    settings: { state, repositories: { shop: { url: "/srv/shop.git" } } },
    config: await config(9),
  });

test("a server calls back over HTTP: that it began, and how it ended", async () => {
  const port = await freePort();
  const section = await config(port);
  const daemon = await start(ciTrigger, () => ({
    state,
    repositories: { shop: { url: "/srv/shop.git" } },
    "ci-trigger": section,
  }));
  const news = await listen(daemon.hub, "build.started", "build.finished");
  await publish(daemon.hub, "commit.pushed", aPush());
  await expect.poll(() => server.asked.length).toBe(1);
  const { url, token } = callbackIn();
  expect(url).toBe(`http://127.0.0.1:${port}/builds/${id}`);
  const call = (body: unknown) =>
    http(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      deadline: 5_000,
    });
  expect((await call({ outcome: "started", url: "https://ci/7" })).status).toBe(200);
  expect((await news.next(({ type }) => type === "build.started")).data).toMatchObject({
    build: id,
    url: "https://ci/7",
  });
  const answer = await call({ outcome: "failed", reason: "2 tests failed" });
  expect(JSON.parse(answer.body.toString())).toEqual({ build: id, outcome: "failed" });
  const finished = await news.next(({ type }) => type === "build.finished");
  expect(finished.data).toMatchObject({
    build: id,
    outcome: "failed",
    reason: "2 tests failed",
    url: "https://ci/7",
  });
  await daemon.stop();
});

test("who has not the token of a build learns nothing, not even whether there is one", async () => {
  const daemon = await opened();
  await daemon.when("commit.pushed", aPush());
  const ask = (path: string, token: string, body = '{"outcome":"passed"}') =>
    daemon.ask({ path, headers: { authorization: [`Bearer ${token}`] }, body: Buffer.from(body) });
  const wrong = await ask(`/builds/${id}`, "guess");
  expect(wrong.answer.status).toBe(401);
  expect(await ask(`/builds/unit@${revisionOf("b")}`, "guess")).toEqual(wrong);
  expect((await daemon.ask({ path: `/builds/${id}` })).answer.status).toBe(401);
  for (const path of ["/", "/builds/", "/builds/../etc", "/builds/unit@HEAD"])
    expect((await ask(path, "guess")).answer.status).toBe(404);
  expect((await daemon.ask({ method: "GET", path: `/builds/${id}` })).answer.status).toBe(405);
  expect(await daemon.tick()).toEqual([]);
});

test("the first word about an end stands; what is no word is refused", async () => {
  const daemon = await opened();
  await daemon.when("commit.pushed", aPush());
  const { token } = callbackIn();
  const call = (body: string) =>
    daemon.ask({
      path: `/builds/${id}`,
      headers: { authorization: [`Bearer ${token}`] },
      body: Buffer.from(body),
    });
  for (const body of [
    "",
    "{",
    "[]",
    '{"outcome":"great"}',
    `{"outcome":"passed","reason":"${"x".repeat(9_000)}"}`,
  ])
    expect((await call(body)).answer.status).toBe(400);
  const first = await call('{"outcome":"passed","url":"javascript:alert(1)"}');
  expect(dataOf("build.finished", first.messages)).toMatchObject([{ outcome: "passed" }]);
  expect(dataOf("build.finished", first.messages)[0]?.url).toBeUndefined();
  const second = await call('{"outcome":"failed"}');
  expect(second).toMatchObject({ answer: { status: 200 }, messages: [] });
  expect(String(second.answer.body)).toContain('"passed"');
});

test("who calls back is heard also after a restart", async () => {
  await (await opened()).when("commit.pushed", aPush());
  const { token } = callbackIn();
  leaveBuilds(join(state, "ci-trigger"));
  const again = await opened();
  const { messages } = await again.ask({
    path: `/builds/${id}`,
    headers: { authorization: [`Bearer ${token}`] },
    body: Buffer.from('{"outcome":"passed"}'),
  });
  expect(messages.map(({ type }) => type)).toEqual(["build.started", "build.finished"]);
});

test("a server that calls back before it has answered the request is believed", async () => {
  const daemon = await opened();
  server.script({ "POST /hook": "hang" });
  await daemon.when("commit.pushed", aPush());
  const { token } = callbackIn();
  const { messages } = await daemon.ask({
    path: `/builds/${id}`,
    headers: { authorization: [`Bearer ${token}`] },
    body: Buffer.from('{"outcome":"passed"}'),
  });
  expect(dataOf("build.finished", messages)).toMatchObject([{ outcome: "passed" }]);
  await server.close();
  await Promise.all((await daemon.context()).deps.passes.values());
  expect((await daemon.tick()).map(({ type }) => type)).toEqual(["event.said"]);
});

test("a webhook cannot be asked to end a build: that is told, and its word is still waited for", async () => {
  const daemon = await opened();
  await daemon.when("commit.pushed", aPush());
  const told = await daemon.when("build.cancelled", {
    build: id as never,
    by: "dana",
    why: "",
    at: "2026-11-21T10:16:00Z",
  });
  expect(dataOf("event.said", told)[0]?.text).toContain("goes on: Cannot end a build");
});
