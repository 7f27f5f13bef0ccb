import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { notifier } from "../../daemons/notifier.ts";
import { parseData } from "../../lib/messages/envelope.ts";
import { aPush, revisionOf } from "../support/builders.ts";
import { aFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { publish, start } from "../support/daemons.ts";
import { dataOf, given } from "../support/given.ts";
import { recordingServer } from "../support/recording-server.ts";
import { until } from "../support/until.ts";

let state: string;
beforeEach(() => {
  state = aFolder();
});

/** A file with a secret in it. */
function secretFile(name: string, value: string): { readonly file: string } {
  const file = join(state, name);
  writeFileSync(file, `${value}\n`, { mode: 0o600 });
  return { file };
}

interface Written {
  readonly channels: Readonly<Record<string, unknown>>;
  readonly rules?: readonly unknown[];
  readonly [key: string]: unknown;
}

const SHOP = "git@github.com:team/shop.git";

/** A notifier that runs until the test ends. */
function aNotifier(config: Written, more: { readonly url?: string; readonly now?: () => Date } = {}) {
  const { url = SHOP, now } = more;
  const daemon = given(notifier, {
    config,
    settings: {
      state,
      repositories: { shop: { url } },
      apps: { shop: { repository: "shop", root: "/srv/shop", environment: "production" } },
    },
    ...(now === undefined ? {} : { now }),
  });
  const stop = async () => (await daemon.context()).deps.courier.stop();
  onTestFinished(stop);
  return { ...daemon, stop };
}

const said = (text: string, source = "announcer") => ({ source, text, at: new Date().toISOString() });
const build = (more: Readonly<Record<string, unknown>> = {}) => ({
  build: `shop@${revisionOf("a")}`,
  repository: "shop",
  ref: "refs/heads/main",
  revision: revisionOf("a"),
  at: "2026-11-21T10:15:02Z",
  ...more,
});
const started = (more: Readonly<Record<string, unknown>> = {}) =>
  parseData("build.started", build({ host: "ci1", url: "https://ci.example/1", ...more }));
const finished = (outcome: string, more: Readonly<Record<string, unknown>> = {}) =>
  parseData(
    "build.finished",
    build({ outcome, seconds: 42, steps: [], url: "https://ci.example/1", ...more }),
  );
const ROLLOUT = "abcdefgh12345678";
const rollout = parseData("rollout.started", {
  rollout: ROLLOUT,
  app: "shop",
  environment: "staging",
  kind: "deploy",
  revision: revisionOf("a"),
  ref: "refs/tags/v1",
  by: "dana@example.com",
  why: "",
  batches: [["web1"]],
  at: "2026-11-21T10:15:02Z",
});
const rolledOut = (outcome: string) =>
  parseData("rollout.finished", {
    rollout: ROLLOUT,
    app: "shop",
    outcome,
    hosts: [{ host: "web1", state: outcome === "succeeded" ? "live" : "failed", reason: "no answer" }],
    at: "2026-11-21T10:16:02Z",
    seconds: 60,
  });

const hook = (url: string) => ({ type: "http", url });
const texts = (server: Awaited<ReturnType<typeof recordingServer>>) =>
  server.requests.map(({ json }) => json["text"]);
const waiting = () => readdirSync(join(state, "notifier", "waiting"));

describe("what is told", () => {
  test("without a choice: what is said to people, builds that did not pass, rollouts; not what the notifier says itself", async () => {
    const server = await recordingServer();
    const daemon = aNotifier({ channels: { all: hook(server.url) }, rules: [{ to: ["all"] }] });
    await daemon.when("event.said", said("shop cannot be fetched"));
    await daemon.when("event.said", said("channel all: 3 notices not told", "notifier"));
    await daemon.when("commit.pushed", aPush({ pusher: "zoë", commits: [commit("Mend the till")] }));
    await daemon.when("build.started", started());
    await daemon.when("build.finished", finished("passed"));
    await daemon.when("build.finished", finished("failed", { reason: "tests: exit 1" }));
    await daemon.when("rollout.started", rollout);
    await daemon.when("rollout.finished", rolledOut("failed"));
    await server.asked(4);
    expect(texts(server)).toEqual([
      "announcer: shop cannot be fetched",
      "build of shop main aaaaaaa failed: tests: exit 1 (zoë: Mend the till) https://ci.example/1",
      "dana@example.com rolls out shop v1 (aaaaaaa) to 1 host",
      "rollout of shop v1 (aaaaaaa) to staging failed on 1 host in 60 s, asked for by dana@example.com: web1: no answer",
    ]);
    expect(server.requests.map(({ json }) => json["tone"])).toEqual(["plain", "bad", "plain", "bad"]);
  });

  test("by rules: types, repositories, apps, outcomes, environments, sources; each channel once, by the first that fits", async () => {
    const server = await recordingServer();
    const channels = { one: hook(`${server.url}/one`), two: hook(`${server.url}/two`) };
    const rules = [
      {
        to: ["one"],
        types: ["build.*"],
        repositories: ["sh*"],
        outcomes: ["failed"],
        template: "FAILED {{repository}} {{revision}} & <{{data.seconds}}>",
      },
      { to: ["one", "two"], types: ["build.finished"] },
      { to: ["two"], types: ["rollout.*"], environments: ["staging"], apps: ["shop"] },
      { to: ["two"], environments: ["production"] },
      { to: ["one"], types: ["event.said"], sources: ["announcer"] },
    ];
    const daemon = aNotifier({ channels, rules });
    await daemon.when("build.finished", finished("failed"));
    await daemon.when("rollout.finished", rolledOut("succeeded"));
    await daemon.when("rollout.started", rollout);
    await daemon.when("event.said", said("one", "announcer"));
    await daemon.when("event.said", said("two", "orchestrator"));
    await server.asked(5);
    const at = (path: string) =>
      server.requests.filter((each) => each.path === path).map(({ json }) => json["text"]);
    expect(at("/one")).toEqual(["FAILED shop aaaaaaa & <42>", "announcer: one"]);
    // The first end of a rollout whose begin was not heard counts for where the app is configured to be.
    expect(at("/two")).toEqual([
      "build of shop main aaaaaaa failed https://ci.example/1",
      "rollout of shop to production succeeded on 1 host in 60 s",
      "dana@example.com rolls out shop v1 (aaaaaaa) to 1 host",
    ]);
  });

  test("a message that comes again is told once, also after a restart", async () => {
    const server = await recordingServer();
    const config = { channels: { all: hook(server.url) }, rules: [{ to: ["all"] }] };
    const first = aNotifier(config);
    const one = said("one");
    await first.when("event.said", one);
    await first.when("event.said", one);
    await server.asked(1);
    await until("it is settled", () => waiting().length === 0);
    await first.stop();
    const second = aNotifier(config);
    await second.when("event.said", one);
    await second.when("event.said", said("two"));
    await server.asked(2);
    expect(texts(server)).toEqual(["announcer: one", "announcer: two"]);
  });
});

const commit = (message: string) => ({
  revision: revisionOf("a"),
  author: { name: "Zoë", email: "zoe@example.com" },
  at: "2026-11-21T10:15:02Z",
  message,
});

describe("when things go wrong", () => {
  test("a channel that is down gets everything, in order, once it is back; another is not held up", async () => {
    const port = await freePort();
    const other = await recordingServer();
    const daemon = aNotifier({
      channels: { down: hook(`http://127.0.0.1:${port}/`), up: hook(other.url) },
      rules: [{ to: ["down", "up"] }],
    });
    const all = Array.from({ length: 8 }, (_, index) => `announcer: ${index}`);
    for (const [index] of all.entries()) await daemon.when("event.said", said(String(index)));
    await other.asked(8);
    expect(texts(other)).toEqual(all);
    const server = await recordingServer(() => ({}), port);
    await until("all are told", async () => {
      await daemon.tick();
      return server.requests.length >= 8;
    });
    expect(texts(server)).toEqual(all);
    expect(daemon.logged.map(({ text }) => text)).toContain("a channel can be told again");
  });

  test("a channel that never answers holds no other up", async () => {
    const stuck = await recordingServer(() => new Promise(() => undefined));
    const quick = await recordingServer();
    const daemon = aNotifier({
      channels: { stuck: { ...hook(stuck.url), deadline: "100ms" }, quick: hook(quick.url) },
      rules: [{ to: ["stuck", "quick"] }],
    });
    await daemon.when("event.said", said("one"));
    await daemon.when("event.said", said("two"));
    await quick.asked(2);
    await until("it is told of", () =>
      daemon.logged.some(({ text }) => text.includes("no answer within 100 ms")),
    );
  });

  test("what was waiting when the process was ended is told by the next one", async () => {
    const port = await freePort();
    const config = { channels: { down: hook(`http://127.0.0.1:${port}/`) }, rules: [{ to: ["down"] }] };
    const first = aNotifier(config);
    await first.when("event.said", said("one"));
    await first.when("event.said", said("two"));
    await first.stop();
    const server = await recordingServer(() => ({}), port);
    const second = aNotifier(config);
    await second.tick();
    await server.asked(2);
    expect(texts(server)).toEqual(["announcer: one", "announcer: two"]);
  });

  test("a server that asks to be left alone is left alone for as long", async () => {
    let clock = Date.now();
    const server = await recordingServer((_request, index) =>
      index === 0 ? { status: 429, headers: { "retry-after": "120" } } : {},
    );
    const courier = aNotifier(
      { channels: { all: hook(server.url) }, rules: [{ to: ["all"] }] },
      { now: () => new Date(clock) },
    );
    await courier.when("event.said", said("one"));
    await until("it was refused once", () => courier.logged.length > 0);
    clock += 119_000;
    await courier.tick();
    await courier.when("event.said", said("two"));
    expect(server.requests).toHaveLength(1);
    clock += 2_000;
    await courier.tick();
    await server.asked(3);
    expect(texts(server).slice(1)).toEqual(["announcer: one", "announcer: two"]);
  });

  test("what a server refuses for good is said once, and the next is told", async () => {
    const server = await recordingServer((_request, index) =>
      index === 0 ? { status: 404, body: "no_service" } : {},
    );
    const daemon = aNotifier({ channels: { all: hook(server.url) }, rules: [{ to: ["all"] }] });
    await daemon.when("event.said", said("one"));
    await daemon.when("event.said", said("two"));
    await server.asked(2);
    expect(dataOf("event.said", await daemon.tick())).toMatchObject([
      { source: "notifier", text: "web1: channel all: 1 notice not told: it answers 404: no_service" },
    ]);
    expect(await daemon.tick()).toEqual([]);
  });

  test("what waits longer than it may is given up, and that is said", async () => {
    let clock = Date.now();
    const port = await freePort();
    const daemon = aNotifier(
      { channels: { down: hook(`http://127.0.0.1:${port}/`) }, rules: [{ to: ["down"] }], "give-up": "2h" },
      { now: () => new Date(clock) },
    );
    await daemon.when("event.said", said("one"));
    await daemon.when("event.said", said("two"));
    await until("it failed", () => daemon.logged.length > 0);
    clock += 3 * 3_600_000;
    const events = await until("it is given up", async () => {
      const messages = await daemon.tick();
      return messages.length > 0 && dataOf("event.said", messages);
    });
    expect(events).toMatchObject([{ text: "web1: channel down: 2 notices not told: it waited too long" }]);
    await until("nothing waits", () => waiting().length === 0);
  });

  test("what waits for a channel that is gone is kept for as long as any other, and not for ever", async () => {
    let clock = Date.now();
    const now = () => new Date(clock);
    const nowhere = await freePort();
    const rules = [{ to: ["all"] }];
    const first = aNotifier({ channels: { all: hook(`http://127.0.0.1:${nowhere}/`) }, rules });
    await first.when("event.said", said("one"));
    await first.stop();
    const second = aNotifier({ channels: {} }, { now });
    await second.tick();
    expect(waiting()).toHaveLength(1);
    clock += 25 * 3_600_000;
    await second.tick();
    expect(waiting()).toEqual([]);
    expect(second.logged).toMatchObject([{ text: "1 notice not told: there is no such channel any more" }]);
  });

  test("more than may wait makes the oldest go, and that is said", async () => {
    const port = await freePort();
    const daemon = aNotifier({
      channels: { down: hook(`http://127.0.0.1:${port}/`) },
      rules: [{ to: ["down"] }],
      most: 10,
    });
    for (let index = 0; index < 15; index += 1) await daemon.when("event.said", said(String(index)));
    expect(waiting()).toHaveLength(10);
    expect(dataOf("event.said", await daemon.tick())[0]?.text).toMatch(
      /^web1: channel down: \d notices? not told: more than 10 wait$/,
    );
    const server = await recordingServer(() => ({}), port);
    await until("the newest are told", async () => {
      await daemon.tick();
      return texts(server).includes("announcer: 14");
    });
    expect(server.requests).toHaveLength(10);
  });

  test("a spool that cannot be written is said in the log, and people are told all the same", async () => {
    const server = await recordingServer();
    const daemon = aNotifier({ channels: { all: hook(server.url) }, rules: [{ to: ["all"] }] });
    await daemon.context();
    // As a full disk: nothing can be made in it, whoever asks.
    rmSync(join(state, "notifier"), { recursive: true });
    writeFileSync(join(state, "notifier"), "");
    await daemon.when("event.said", said("the disk is full"));
    await server.asked(1);
    expect(texts(server)).toEqual(["announcer: the disk is full"]);
    expect(daemon.logged[0]).toMatchObject({ level: "error" });
    rmSync(join(state, "notifier"));
    mkdirSync(join(state, "notifier"));
  });

  test("no secret is in any log line, event or error, whatever a server answers", async () => {
    const url = "https://127.0.0.1:1/services/T0/B0/hush-hush";
    const server = await recordingServer(({ headers }) => ({
      status: 418,
      body: `you said ${headers.authorization}`,
    }));
    const daemon = aNotifier({
      channels: {
        chat: { type: "slack", url: secretFile("hook", url) },
        echo: { ...hook(server.url), token: secretFile("token", "hush-hush-token") },
      },
      rules: [{ to: ["chat", "echo"] }],
    });
    await daemon.when("event.said", said("one"));
    const events = await until("both failed", async () => {
      const messages = await daemon.tick();
      return daemon.logged.length >= 2 && messages.length > 0 && messages;
    });
    expect(JSON.stringify([daemon.logged, events])).not.toContain("hush-hush");
    expect(JSON.stringify(events)).toContain("you said Bearer ***");
  });
});

describe("configuration", () => {
  test("one that is read again is followed: other channels, other rules, other secrets; what waits is told by the new ones", async () => {
    const server = await recordingServer();
    const nowhere = await freePort();
    const at = (url: string, token: string) => ({
      state,
      notifier: {
        channels: { all: { ...hook(url), token: secretFile("token", token) } },
        rules: [{ to: ["all"], template: `${token} {{data.text}}` }],
      },
    });
    let written: Readonly<Record<string, unknown>> = at(`http://127.0.0.1:${nowhere}/`, "old");
    const daemon = await start(notifier, () => written);
    await publish(daemon.hub, "event.said", said("one"));
    await until("one waits", () => waiting().length === 1);
    written = at(server.url, "new");
    daemon.reload();
    await until("it is read", () => daemon.logged.some((line) => line.includes("configuration read again")));
    await publish(daemon.hub, "event.said", said("two"));
    await server.asked(2);
    await daemon.stop();
    expect(texts(server)).toEqual(["old one", "new two"]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer new", "Bearer new"]);
  });

  test("a channel whose secret is gone when the configuration is read again stays as it was", async () => {
    const server = await recordingServer();
    const token = secretFile("token", "t");
    const daemon = await start(notifier, () => ({
      state,
      notifier: { channels: { all: { ...hook(server.url), token } }, rules: [{ to: ["all"] }] },
    }));
    rmSync(token.file);
    daemon.reload();
    await until("it is read", () => daemon.logged.some((line) => line.includes("configuration read again")));
    await publish(daemon.hub, "event.said", said("one"));
    await server.asked(1);
    expect(daemon.logged.join("")).toContain("a channel stays as it was");
    await daemon.stop();
  });

  const refuses = async (config: Written, why: RegExp) => {
    const daemon = given(notifier, { config, settings: { state } });
    await expect(daemon.context()).rejects.toThrow(why);
  };

  test("without TLS nothing leaves this machine, unless that is allowed", async () => {
    await refuses({ channels: { a: hook("http://chat.example.com/") } }, /can be read on the way/);
    await refuses(
      { channels: { a: { type: "slack", url: secretFile("hook", "http://10.0.0.1/x") } } },
      /can be read on the way/,
    );
    await refuses(
      { channels: { a: { type: "irc", host: "irc.example.com", tls: false, channels: ["#a"] } } },
      /can be read on the way/,
    );
    const allowed = given(notifier, {
      config: { channels: { a: { ...hook("http://chat.example.com/"), insecure: true } } },
      settings: { state },
    });
    expect(notifier.wanted?.((await allowed.context()).config, (await allowed.context()).settings)).toBe(
      true,
    );
  });

  test.each([
    [{ channels: { a: { type: "pigeon" } } }, /must be a channel, of type slack, mail, irc/],
    [{ channels: {}, rules: [{ to: ["b"] }] }, /names b, which is not among the channels/],
    [
      { channels: { a: hook("https://x.example/") }, rules: [{ to: ["a"], template: "{{#open}}" }] },
      /must be a Mustache template/,
    ],
    [{ channels: { a: hook("https://x.example/") }, rules: [{ to: ["a"], "at-most": "lots" }] }, /30 per 1m/],
    [{ channels: { a: { type: "slack", url: "https://hooks.slack.com/x" } } }, /where the secret is found/],
    [
      {
        channels: { a: { type: "mail", host: "m.example", from: "a@example.com", to: ["x@y\r\nBcc: z@y"] } },
      },
      /a mail address/,
    ],
    [
      { channels: { a: { type: "irc", host: "i.example", channels: ["#a\r\nQUIT"] } } },
      /a channel such as #deploys/,
    ],
  ])("refuses %j", async (config, why) => {
    await refuses(config, why);
  });

  test("a secret that is not there is told at the start", async () => {
    await refuses({ channels: { a: { type: "slack", url: { file: "nowhere" } } } }, /secret of channel a/);
  });
});

describe("chat", () => {
  test("Slack's webhooks get text in which nobody is called, and what is too much in one message", async () => {
    let clock = Date.now();
    const server = await recordingServer();
    const url = secretFile("hook", `${server.url}/services/x`);
    const daemon = aNotifier(
      {
        channels: { team: { type: "slack", url, channel: "#deploys" } },
        rules: [{ to: ["team"], "at-most": "1 per 10m" }],
      },
      { now: () => new Date(clock) },
    );
    for (let index = 0; index < 18; index += 1) await daemon.when("event.said", said(`<!channel> ${index}`));
    await server.asked(1);
    await until("the first is told", () => waiting().length === 17);
    clock += 600_000;
    await daemon.tick();
    await server.asked(2);
    await until("all are told", () => waiting().length === 0);
    const shown = server.requests.map(({ json }) => (json["attachments"] as { text: string }[])[0]?.text);
    expect(shown[0]).toBe("announcer: &lt;!channel&gt; 0");
    expect(shown[1]).toMatch(/^and 17 more \(17 event.said\):\n- announcer: &lt;!channel&gt; 1\n/);
    expect(server.requests[0]).toMatchObject({ path: "/services/x", json: { channel: "#deploys" } });
  });

  test("Matrix is sent each message under an id of its own, so that a repeat is one", async () => {
    const server = await recordingServer((_request, index) => (index === 0 ? { status: 500 } : {}));
    const daemon = aNotifier({
      channels: {
        room: {
          type: "matrix",
          url: server.url,
          room: "!abc:example.com",
          token: secretFile("token", "t0k3n"),
        },
      },
      rules: [{ to: ["room"] }],
    });
    await daemon.when("event.said", said("one"));
    await until("it is sent again", async () => {
      await daemon.tick();
      return server.requests.length >= 2;
    });
    const [first, second] = server.requests;
    expect(first).toMatchObject({
      method: "PUT",
      path: expect.stringMatching(
        /^\/_matrix\/client\/v3\/rooms\/!abc%3Aexample\.com\/send\/m\.room\.message\/[0-9a-f]{32}$/,
      ) as string,
      headers: { authorization: "Bearer t0k3n" },
      json: { msgtype: "m.notice", body: "announcer: one", "m.mentions": {} },
    });
    expect(second?.path).toBe(first?.path);
  });

  test("a program gets the message, signed over its very bytes", async () => {
    const server = await recordingServer();
    const key = Buffer.from("sixteen bytes...").toString("base64");
    const daemon = aNotifier({
      channels: {
        program: {
          ...hook(server.url),
          secret: secretFile("key", `whsec_${key}`),
          token: secretFile("token", "t"),
        },
      },
      rules: [{ to: ["program"], types: ["build.finished"] }],
    });
    await daemon.when("build.finished", finished("passed"));
    await server.asked(1);
    const [{ headers, body, json } = server.requests[0]!] = server.requests;
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
    const signature = createHmac("sha256", Buffer.from(key, "base64")).update(signed).digest("base64");
    expect(headers).toMatchObject({ "webhook-signature": `v1,${signature}`, authorization: "Bearer t" });
    expect(json).toMatchObject({
      type: "build.finished",
      tone: "good",
      event: { type: "build.finished", data: { seconds: 42 } },
    });
  });
});

describe("forges", () => {
  const token = () => secretFile("token", "t0k3n");

  test("GitHub gets the status of a build, with where to look", async () => {
    const server = await recordingServer(() => ({ status: 201 }));
    const daemon = aNotifier({ channels: { gh: { type: "github", api: server.url, token: token() } } });
    await daemon.when("build.started", started());
    await daemon.when("build.finished", finished("errored"));
    await daemon.when("build.finished", finished("failed", { repository: "other" }));
    await server.asked(2);
    expect(server.requests).toMatchObject([
      {
        method: "POST",
        path: `/repos/team/shop/statuses/${revisionOf("a")}`,
        headers: { authorization: "Bearer t0k3n", "user-agent": "skein" },
        json: { state: "pending", context: "skein", target_url: "https://ci.example/1" },
      },
      { json: { state: "error", description: "build of shop main aaaaaaa errored" } },
    ]);
  });

  test("a description is never longer than GitHub takes, and an address is never one that a browser would run", async () => {
    const server = await recordingServer(({ json }) => ({
      status: String(json["description"]).length > 140 ? 422 : 201,
    }));
    const daemon = aNotifier({ channels: { gh: { type: "github", api: server.url, token: token() } } });
    await daemon.when(
      "build.finished",
      finished("failed", { reason: "x".repeat(8_000), url: "javascript:alert(1)" }),
    );
    await server.asked(1);
    expect(server.requests[0]?.json).not.toHaveProperty("target_url");
    await until("it is taken", () => waiting().length === 0);
    expect(daemon.logged).toEqual([]);
  });

  test("a rollout is a deployment at GitHub: made once, told of its end also by another process", async () => {
    const made: unknown[] = [];
    const server = await recordingServer(({ method, path, json }) => {
      if (method === "GET") return { body: made };
      if (!path.endsWith("/deployments")) return { status: 201 };
      made.push({ id: 7, payload: json["payload"] });
      return { status: 201, body: { id: 7 } };
    });
    const config = {
      channels: { gh: { type: "github", api: server.url, token: token(), "deploy-status": true } },
    };
    const first = aNotifier(config);
    await first.when("rollout.started", rollout);
    await server.asked(4);
    await first.stop();
    const second = aNotifier(config);
    await second.when("rollout.finished", rolledOut("rolled-back"));
    await server.asked(7);
    expect(server.requests.map(({ method, path }) => `${method} ${path.split("?")[0]}`)).toEqual([
      `POST /repos/team/shop/statuses/${revisionOf("a")}`,
      "GET /repos/team/shop/deployments",
      "POST /repos/team/shop/deployments",
      "POST /repos/team/shop/deployments/7/statuses",
      `POST /repos/team/shop/statuses/${revisionOf("a")}`,
      "GET /repos/team/shop/deployments",
      "POST /repos/team/shop/deployments/7/statuses",
    ]);
    const [status, , deployment, running, , , ended] = server.requests.map(({ json }) => json);
    expect(status).toMatchObject({ state: "pending", context: "skein/deploy/staging" });
    expect(deployment).toMatchObject({
      ref: revisionOf("a"),
      environment: "staging",
      auto_merge: false,
      required_contexts: [],
      payload: { rollout: ROLLOUT },
    });
    expect([running, ended]).toMatchObject([{ state: "in_progress" }, { state: "failure" }]);
  });

  test("a conflict at GitHub is given up, and the next status is told", async () => {
    const server = await recordingServer(({ method, path }) =>
      method === "GET" ? { body: [] } : { status: path.endsWith("/deployments") ? 409 : 201 },
    );
    const daemon = aNotifier({ channels: { gh: { type: "github", api: server.url, token: token() } } });
    await daemon.when("rollout.started", rollout);
    await daemon.when("build.started", started());
    await server.asked(3);
    expect(dataOf("event.said", await daemon.tick())[0]?.text).toContain("it answers 409");
  });

  test("GitLab's complaint that a commit has its state already is a success", async () => {
    const server = await recordingServer(() => ({
      status: 400,
      body: {
        message:
          'Cannot transition status via :run from :running (Reason(s): Status cannot transition via "run")',
      },
    }));
    const daemon = aNotifier(
      { channels: { gl: { type: "gitlab", url: server.url, token: token() } } },
      { url: `git@127.0.0.1:group/sub/shop.git` },
    );
    await daemon.when("build.started", started());
    await server.asked(1);
    expect(server.requests[0]).toMatchObject({
      path: `/api/v4/projects/group%2Fsub%2Fshop/statuses/${revisionOf("a")}`,
      headers: { "private-token": "t0k3n" },
      json: { state: "pending", name: "skein", ref: "main" },
    });
    await until("it is taken", () => waiting().length === 0);
    expect(daemon.logged).toEqual([]);
  });

  test("GitLab's deployment is made at the begin of a rollout, and changed at its end", async () => {
    const server = await recordingServer(({ method }, index) => {
      if (method !== "GET") return { status: 201, body: { id: 3 } };
      // GitLab does not know an environment before its first deployment.
      return index === 0
        ? { status: 404, body: { message: "404 Environment Not Found" } }
        : { body: [{ id: 3, sha: revisionOf("a") }] };
    });
    const daemon = aNotifier({
      channels: {
        gl: { type: "gitlab", url: server.url, token: token(), repositories: { shop: "team/shop" } },
      },
    });
    await daemon.when("rollout.started", rollout);
    await daemon.when("rollout.finished", rolledOut("succeeded"));
    await server.asked(4);
    expect(server.requests.map(({ method, path, json }) => [method, path.split("?")[0], json])).toEqual([
      ["GET", "/api/v4/projects/team%2Fshop/deployments", {}],
      [
        "POST",
        "/api/v4/projects/team%2Fshop/deployments",
        { environment: "staging", sha: revisionOf("a"), ref: "v1", tag: true, status: "running" },
      ],
      ["GET", "/api/v4/projects/team%2Fshop/deployments", {}],
      ["PUT", "/api/v4/projects/team%2Fshop/deployments/3", { status: "success" }],
    ]);
  });

  test("Gitea, Bitbucket Cloud and Data Center get theirs", async () => {
    const server = await recordingServer(({ path }) => ({
      status: path.includes("build-status") ? 204 : 201,
    }));
    const here = {
      token: token(),
      repositories: { shop: "team/shop" },
      context: "a-rather-long-name-of-a-system/of-builds",
    };
    const daemon = aNotifier({
      channels: {
        gitea: { type: "gitea", url: server.url, ...here },
        cloud: { type: "bitbucket", api: server.url, user: "dana", ...here },
        center: { type: "bitbucket-dc", url: server.url, ...here },
      },
    });
    await daemon.when("build.finished", finished("passed", { url: undefined }));
    await server.asked(3);
    const at = (part: string) => server.requests.find(({ path }) => path.includes(part));
    expect(at("/api/v1/")).toMatchObject({
      path: `/api/v1/repos/team/shop/statuses/${revisionOf("a")}`,
      headers: { authorization: "token t0k3n" },
      json: { state: "success", context: here.context },
    });
    expect(at("/2.0/")).toMatchObject({
      headers: { authorization: `Basic ${Buffer.from("dana:t0k3n").toString("base64")}` },
      json: { state: "SUCCESSFUL", url: "https://bitbucket.org/team/shop" },
    });
    expect(String(at("/2.0/")?.json["key"]).length).toBeLessThanOrEqual(40);
    expect(at("build-status")).toMatchObject({
      path: `/rest/build-status/1.0/commits/${revisionOf("a")}`,
      json: { state: "SUCCESSFUL" },
    });
  });

  test("GitHub's limit is waited for, and what waited is told then", async () => {
    let clock = Date.now();
    const server = await recordingServer((_request, index) =>
      index === 0
        ? {
            status: 403,
            headers: {
              "x-ratelimit-remaining": "0",
              "x-ratelimit-reset": String(Math.ceil(clock / 1_000) + 60),
            },
          }
        : { status: 201 },
    );
    const daemon = aNotifier(
      { channels: { gh: { type: "github", api: server.url, token: token() } } },
      { now: () => new Date(clock) },
    );
    await daemon.when("build.started", started());
    await until("it is limited", () => daemon.logged.length > 0);
    await daemon.tick();
    expect(server.requests).toHaveLength(1);
    clock += 62_000;
    await daemon.tick();
    await server.asked(2);
  });
});
