import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { keepalive } from "../../daemons/keepalive.ts";
import { embeddedBroker } from "../support/embedded-broker.ts";
import { aFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { dataOf, given } from "../support/given.ts";
import { CONNECTED, scriptedBroker } from "../support/scripted-broker.ts";

/** A daemon that is stopped with the test, by a clock that the test moves. */
function aKeepalive(targets: readonly object[], settings: Readonly<Record<string, unknown>> = {}) {
  const time = { now: Date.now() };
  const state = aFolder();
  const daemon = given(keepalive, {
    config: { targets },
    settings: { state, ...settings },
    now: () => new Date(time.now),
  });
  onTestFinished(async () => {
    await keepalive.dispose?.((await daemon.context()).deps);
  });
  return { ...daemon, time, state };
}

/** A broker that takes everything, and keeps it for the test to look at. */
async function aBroker() {
  const broker = await scriptedBroker({
    heard: ({ command, headers }, socket) => {
      if (command === "CONNECT" || command === "STOMP") socket.write(CONNECTED);
      else if (headers["receipt"] !== undefined)
        socket.write(`RECEIPT\nreceipt-id:${headers["receipt"]}\n\n\0`);
    },
  });
  onTestFinished(() => broker.close());
  return {
    ...broker,
    url: `stomp://127.0.0.1:${broker.port}`,
    beats: () => broker.frames.filter(({ command }) => command === "SEND"),
  };
}

const texts = (messages: Parameters<typeof dataOf>[1]) =>
  dataOf("event.said", messages).map(({ text }) => text);

test("a beat is byte for byte what the older kit's daemon sends", async () => {
  const broker = await aBroker();
  const fixture = JSON.parse(readFileSync("test/fixtures/legacy/stomp-keepalive.json", "utf8")) as readonly {
    frames: { headers: Record<string, string>; body: string }[];
  }[];
  const recorded = fixture[0]?.frames ?? [];
  const options = { "somebody-reads-it": true, "no-stomp-git-3.20": true };
  const { tick } = aKeepalive(
    recorded.map(({ headers }) => ({ destination: headers["destination"], bus: broker.url, ...options })),
  );
  expect(await tick()).toEqual([]);
  // The receipt is between us and the broker; no subscriber sees it.
  const sent = broker
    .beats()
    .map(({ headers: { receipt: _receipt, ...headers }, body }) => ({ headers, body }));
  const expected = recorded.map(({ headers, body }) => ({
    headers: { ...headers, "content-length": "1" },
    body,
  }));
  expect(sent.toSorted(byDestination)).toEqual(expected.toSorted(byDestination));
});

const byDestination = (
  one: { headers: Record<string, string> },
  other: { headers: Record<string, string> },
) => ((one.headers["destination"] ?? "") < (other.headers["destination"] ?? "") ? -1 : 1);

test("beats come at their interval, over one connection for each target", async () => {
  const broker = await aBroker();
  const { tick, time } = aKeepalive([
    { destination: "/topic/a", bus: broker.url, every: "10s" },
    { destination: "/topic/b", bus: broker.url, every: "60s" },
  ]);
  for (let seconds = 0; seconds <= 60; seconds += 5) {
    await tick();
    time.now += 5_000;
  }
  const counted = (name: string) =>
    broker.beats().filter(({ headers }) => headers["destination"] === name).length;
  expect([counted("/topic/a"), counted("/topic/b"), broker.connections()]).toEqual([7, 2, 2]);
});

test("each target has its own login, whose passcode is in no configuration", async () => {
  const broker = await aBroker();
  const file = join(aFolder(), "passcode");
  writeFileSync(file, "s3cret-of-ops\n", { mode: 0o600 });
  const login = { user: "ops", passcode: { file } };
  const { tick, logged } = aKeepalive([{ destination: "/topic/a", login }, { destination: "/topic/a" }], {
    bus: `stomp://skein:own@127.0.0.1:${broker.port}`,
  });
  await tick();
  const logins = broker.frames.filter(({ command }) => command !== "SEND").map(({ headers }) => headers);
  expect(new Set(logins.map(({ login: user, passcode }) => `${user} ${passcode}`))).toEqual(
    new Set(["ops s3cret-of-ops", "skein own"]),
  );
  expect(JSON.stringify(logged)).not.toContain("s3cret");
});

test("a broker that is away is told of once, tried again, and told of when it is back", async () => {
  const port = await freePort();
  const file = join(aFolder(), "passcode");
  writeFileSync(file, "s3cret\n", { mode: 0o600 });
  const { tick, time } = aKeepalive([
    {
      destination: "/topic/a",
      bus: `stomp://127.0.0.1:${port}`,
      login: { user: "skein", passcode: { file } },
    },
  ]);
  expect(texts(await tick())).toEqual([
    expect.stringMatching(/^web1: no beat goes to \/topic\/a as skein at stomp/),
  ]);
  for (let each = 0; each < 5; each += 1) {
    time.now += 300_000;
    expect(await tick()).toEqual([]);
  }
  const broker = await embeddedBroker({ port });
  time.now += 300_000;
  expect(texts(await tick())).toEqual([expect.stringMatching(/beats go to \/topic\/a .* again$/)]);

  // A connection that was lost is told of, too.
  await broker.stop();
  time.now += 60_000;
  expect(texts(await tick())).toEqual([expect.stringMatching(/no beat goes/)]);
}, 30_000);

describe("what is refused", () => {
  const refused = (target: object) =>
    keepalive.config.safeParse({ targets: [target] }).error?.issues[0]?.message;
  test.each([
    ["a queue that fills", { destination: "/queue/a" }, /somebody-reads-it: true/],
    ["a topic of commits", { destination: "/topic/future.git.commits" }, /no-stomp-git-3\.20: true/],
    ["an interval that floods", { destination: "/topic/a", every: "10ms" }, /1s at least/],
    ["a destination with a line end", { destination: "/topic/a\nb:c" }, /must be \/topic/],
    ["a destination that is none", { destination: "commits" }, /must be \/topic/],
    ["a passcode in an address", { destination: "/topic/a", bus: "stomp://ops:pw@mq" }, /login/],
    ["an address that is none", { destination: "/topic/a", bus: "mq:61613" }, /stomp:\/\/HOST/],
    [
      "a passcode in the configuration",
      { destination: "/topic/a", login: { user: "ops", passcode: "pw" } },
      /where the secret is found/,
    ],
  ])("%s", (_what, target, says) => {
    expect(refused(target)).toMatch(says);
  });

  test("the topic that commits go to here, whatever it is called", async () => {
    const settings = { topics: { overrides: { "commit.pushed": "/topic/pushes" } } };
    const daemon = given(keepalive, { config: { targets: [{ destination: "/topic/pushes" }] }, settings });
    await expect(daemon.context()).rejects.toThrow(/stomp-git 3\.20 dies of a beat/);
  });

  test("a login whose passcode everybody may read", async () => {
    const file = join(aFolder(), "passcode");
    writeFileSync(file, "pw\n", { mode: 0o644 });
    const login = { user: "ops", passcode: { file } };
    const daemon = given(keepalive, { config: { targets: [{ destination: "/topic/a", login }] } });
    await expect(daemon.context()).rejects.toThrow(/everybody may read/);
  });
});

test("without targets there is nothing to do", () => {
  expect(keepalive.wanted?.(keepalive.config.parse({}), {} as never)).toBe(false);
});
