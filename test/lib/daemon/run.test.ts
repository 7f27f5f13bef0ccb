import { expect, test } from "vitest";
import { z } from "zod";
import { memoryHub } from "../../../lib/bus/memory.ts";
import { defineDaemon } from "../../../lib/daemon/define.ts";
import { Failure } from "../../../lib/failure.ts";
import { message } from "../../../lib/messages/catalogue.ts";
import { appName } from "../../../lib/schema/names.ts";
import { newCommandId } from "../../../lib/security/command.ts";
import { aPush } from "../../support/builders.ts";
import { listen, publish, start } from "../../support/daemons.ts";

const at = "2026-11-21T10:15:02Z";
const echo = defineDaemon({
  name: "echo",
  summary: "Says what was pushed.",
  config: z.strictObject({ word: z.string().default("pushed") }),
  on: {
    "commit.pushed": ({ repository }, { config }) => [
      message("event.said", { source: "echo", text: `${config.word} ${repository}`, at }),
    ],
  },
});

test("a daemon answers what it hears; its answer names the cause", async () => {
  const hub = memoryHub();
  const said = await listen(hub, "event.said");
  const daemon = await start(echo, () => ({}), hub);
  const cause = await publish(hub, "commit.pushed", aPush());
  expect(await said.next()).toMatchObject({
    source: "//test/echo",
    cause: cause.id,
    correlation: cause.correlation,
    data: { text: "pushed shop" },
  });
  await daemon.stop();
  expect(daemon.states).toEqual(["starting", "ready", "draining", "stopped"]);
});

test("a good configuration is kept over a bad one, and replaced by a good one", async () => {
  let settings: Record<string, unknown> = { echo: { word: "first" } };
  const daemon = await start(echo, () => settings);
  const said = await listen(daemon.hub, "event.said");
  settings = { echo: { wrod: "second" } };
  daemon.reload();
  await expect.poll(() => daemon.logged.join("\n")).toMatch(/new configuration refused, keeping the old one/);
  await publish(daemon.hub, "commit.pushed", aPush());
  expect((await said.next()).data).toMatchObject({ text: "first shop" });
  settings = { echo: { word: "third" } };
  daemon.reload();
  await expect.poll(() => daemon.logged.join("\n")).toMatch(/configuration read again/);
  await publish(daemon.hub, "commit.pushed", aPush({ after: "c".repeat(40) }));
  expect(await said.next(({ data }) => "text" in data && data.text === "third shop")).toBeDefined();
  await daemon.stop();
});

test("a bad configuration at the start keeps a daemon from running", async () => {
  await expect(start(echo, () => ({ echo: { word: 7 } }))).rejects.toThrow(/word/);
});

test("what cannot be handled goes to the dead letters with its reason; what comes after is handled", async () => {
  const hub = memoryHub();
  const picky = defineDaemon({
    name: "picky",
    summary: "Refuses main.",
    config: z.strictObject({}),
    on: {
      "commit.pushed": ({ ref }) => {
        if (ref === "refs/heads/main") throw new Failure("REF_UNKNOWN", "not main");
        return [message("event.said", { source: "picky", text: ref, at })];
      },
    },
  });
  const said = await listen(hub, "event.said");
  const daemon = await start(picky, () => ({}), hub);
  const dead = new Promise<Record<string, string>>((resolve) => {
    void hub
      .connect()
      .subscribe(
        { destination: "/queue/skein.dead", kind: "work", name: "dead", concurrency: 1 },
        ({ headers }) => {
          resolve({ ...headers });
          return Promise.resolve();
        },
      );
  });
  await publish(hub, "commit.pushed", aPush());
  await publish(hub, "commit.pushed", aPush({ ref: "refs/heads/topic" }));
  expect(await dead).toMatchObject({
    "skein-code": "REF_UNKNOWN",
    "skein-reason": "not main",
    "original-destination": "/topic/skein.git.commits",
  });
  expect((await said.next()).data).toMatchObject({ text: "refs/heads/topic" });
  await daemon.stop();
});

test("a failure that may pass is tried again", async () => {
  const hub = memoryHub();
  let tries = 0;
  const flaky = defineDaemon({
    name: "flaky",
    summary: "Fails once.",
    config: z.strictObject({}),
    on: {
      "commit.pushed": () => {
        tries += 1;
        if (tries === 1) throw new Failure("MIRROR_UNREACHABLE", "not now", { transient: true });
        return [message("event.said", { source: "flaky", text: "done", at })];
      },
    },
  });
  const said = await listen(hub, "event.said");
  const daemon = await start(flaky, () => ({}), hub);
  await publish(hub, "commit.pushed", aPush());
  await said.next();
  expect(tries).toBe(2);
  await daemon.stop();
});

test.each([
  ["a beat", "\n"],
  ["a beat with a return", "\r\n"],
])("%s means nothing", async (_name, body) => {
  const daemon = await start(echo);
  await daemon.hub.connect().publish({
    destination: "/topic/skein.git.commits",
    headers: {},
    body: Buffer.from(body),
    persistent: false,
  });
  await daemon.stop();
  expect(daemon.logged.join("")).not.toMatch(/set aside/);
});

test("work in hand is finished before a daemon leaves", async () => {
  const hub = memoryHub();
  let begun: () => void = () => undefined;
  let goOn: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  const slow = defineDaemon({
    name: "slow",
    summary: "Takes its time.",
    config: z.strictObject({}),
    on: {
      "commit.pushed": async () => {
        begun();
        await new Promise<void>((resolve) => (goOn = resolve));
        return [message("event.said", { source: "slow", text: "finished", at })];
      },
    },
  });
  const said = await listen(hub, "event.said");
  const daemon = await start(slow, () => ({}), hub);
  await publish(hub, "commit.pushed", aPush());
  await hasBegun;
  const stopped = daemon.stop();
  goOn();
  await stopped;
  expect(said.heard).toHaveLength(1);
});

test("a daemon reconciles at the start, and says so again and again that it is alive", async () => {
  const hub = memoryHub();
  const said = await listen(hub, "event.said", "daemon.alive");
  const reconciling = defineDaemon({
    name: "reconciling",
    summary: "Catches up.",
    config: z.strictObject({}),
    reconcile: () => [message("event.said", { source: "reconciling", text: "caught up", at })],
  });
  const daemon = await start(reconciling, () => ({}), hub);
  await said.next(({ type, data }) => type === "daemon.alive" && data.state === "ready");
  await daemon.stop();
  await said.next(({ type, data }) => type === "daemon.alive" && data.state === "stopped");
  expect(said.heard[0]).toMatchObject({ type: "event.said", data: { text: "caught up" } });
});

test("every daemon answers when the roll is called, whatever it listens to; a question about an app is not for it", async () => {
  const hub = memoryHub();
  const said = await listen(hub, "daemon.alive");
  const daemon = await start(echo, () => ({}), hub);
  await said.next();
  const before = said.heard.length;
  await publish(hub, "host.asked", { question: newCommandId(), app: appName.parse("shop"), refs: false });
  await publish(hub, "host.asked", { question: newCommandId(), refs: false });
  await expect.poll(() => said.heard.length).toBe(before + 1);
  expect(said.heard.at(-1)?.data).toMatchObject({ daemon: "echo", state: "ready" });
  await daemon.stop();
});
