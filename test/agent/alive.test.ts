import { afterEach, expect, test } from "vitest";
import { agent } from "../../agent/agent.ts";
import { answerTo } from "../../agent/alive.ts";
import { appName } from "../../lib/schema/names.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { VERSION } from "../../lib/version.ts";
import { aHost, type Host, HOST, last } from "./support/host.ts";

let host: Host;
afterEach(() => host.close());

const ask = async (given = {}) => answerTo({ question: newCommandId(), refs: false, ...given }, host.here);

test("a host tells who it is, what it carries, and what is live of it", async () => {
  host = await aHost({ labels: { role: "web" }, app: { hosts: "role=web" } });
  const revision = host.origin.commit({ page: "x" });
  const { finished } = await host.deploy(revision);
  const question = newCommandId();
  const alive = last(await ask({ question }), "host.alive");
  expect(alive).toMatchObject({ host: HOST, question, version: VERSION, labels: { role: "web" } });
  expect(alive?.apps).toEqual([
    { app: "shop", environment: "production", live: finished?.live, former: null },
  ]);
  expect(Object.keys(alive?.facts ?? {})).toEqual([
    ...["os", "os.name", "os.version", "kernel", "arch", "hostname"],
    ...["processors", "memory", "addresses", "node"],
  ]);
});

test("refs are told where they are asked for; a mirror that was never fetched is fetched first", async () => {
  host = await aHost();
  const revision = host.origin.commit({ page: "x" }, "v1");
  const alive = last(await ask({ refs: true }), "host.alive");
  expect(alive?.apps[0]?.refs).toEqual([
    { ref: "refs/heads/main", revision },
    { ref: "refs/tags/v1", revision },
  ]);
});

test("a host says nothing about an app that it does not carry", async () => {
  host = await aHost({ app: { hosts: "db*" } });
  expect(await ask({ app: appName.parse("shop") })).toEqual([]);
  expect(last(await ask(), "host.alive")?.apps).toEqual([]);
});

test("an app without a place on this host is left out, and the log says why", async () => {
  host = await aHost({ root: "/srv/{label.rack}/shop" });
  expect(last(await ask(), "host.alive")?.apps).toEqual([]);
  expect(host.logged[0]?.text).toContain("{label.rack}");
});

test("the agent hears what is for its host, and many at once", async () => {
  host = await aHost();
  expect(Object.keys(agent.on ?? {})).toEqual([
    "deploy.authorised",
    "deploy.go",
    "deploy.cancelled",
    "host.asked",
    "log.asked",
  ]);
  expect(agent.concurrency).toBeGreaterThan(1);
});
