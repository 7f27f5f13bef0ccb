import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Code } from "../../../lib/codes.ts";
import { aBroker, afterwards } from "./support/broker.ts";
import type { Client } from "./support/client.ts";

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "skein-dead-letters-"));
  afterwards(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const individually = { ack: "client-individual" };
const persistent = { persistent: "true" };

/** Hears the next message and refuses it; answers with what it said of earlier deliveries. */
async function refuse(client: Client): Promise<Record<string, string | undefined>> {
  const { headers, body } = await client.hear();
  await client.told("NACK", { id: headers.get("ack") ?? "" });
  return {
    body: body.toString(),
    redelivered: headers.get("redelivered"),
    count: headers.get("x-delivery-count"),
  };
}

describe("what is given back too often", () => {
  test("is counted, and becomes a dead letter that says where it was meant for and why it is there", async () => {
    const broker = await aBroker({ limits: { returns: 3 } });
    const taker = await broker.subscriber("/queue/a", individually);
    await taker.told("SEND", { destination: "/queue/a", subject: "poison" }, "x");
    await taker.told("SEND", { destination: "/queue/a" }, "good");
    expect([await refuse(taker), (await taker.hear()).body.toString()]).toMatchObject([
      { body: "x", redelivered: undefined, count: undefined },
      "good",
    ]);
    expect([await refuse(taker), await refuse(taker)]).toMatchObject([
      { redelivered: "true", count: "1" },
      { redelivered: "true", count: "2" },
    ]);
    const undertaker = await broker.subscriber("/queue/dead", individually);
    const { headers, body } = await undertaker.hear();
    expect({ ...Object.fromEntries(headers), body: body.toString() }).toMatchObject({
      destination: "/queue/dead",
      subject: "poison",
      "original-destination": "/queue/a",
      "skein-code": "MESSAGE_RETURNED" satisfies Code,
      "skein-reason": "it was given back 3 times",
      body: "x",
    });
    expect(taker.unasked).toEqual([]);
  });

  test("counts as given back where its consumer goes without a word", async () => {
    const broker = await aBroker({ limits: { returns: 2 } });
    const sender = await broker.client();
    await sender.told("SEND", { destination: "/queue/a" }, "x");
    for (const count of [undefined, "1"]) {
      const taker = await broker.subscriber("/queue/a", individually);
      expect((await taker.hear()).headers.get("x-delivery-count")).toBe(count);
      await taker.leave();
    }
    const undertaker = await broker.subscriber("/queue/dead");
    expect(await undertaker.bodies(1)).toEqual(["x"]);
  });

  test("is there after a restart, and is where it was no more", async () => {
    const journal = await aFolder();
    const first = await aBroker({ journal, limits: { returns: 1 } });
    const taker = await first.subscriber("/queue/a", individually);
    await taker.told("SEND", { destination: "/queue/a", ...persistent }, "x");
    await refuse(taker);
    await first.log.happened("message.dead");
    await first.broker.stop();
    const second = await aBroker({ journal });
    expect(await (await second.subscriber("/queue/dead")).bodies(1)).toEqual(["x"]);
    const heir = await second.subscriber("/queue/a");
    await heir.told("SEND", { destination: "/queue/a" }, "next");
    expect(await heir.bodies(1)).toEqual(["next"]);
  });

  test("stays a dead letter, however often it is looked at", async () => {
    const broker = await aBroker({ limits: { returns: 1 } });
    const taker = await broker.subscriber("/queue/dead", individually);
    await taker.told("SEND", { destination: "/queue/dead" }, "x");
    for (const count of [undefined, "1", "2"])
      expect(await refuse(taker)).toMatchObject({ body: "x", count });
  });
});

describe("what has a time to live", () => {
  const aClock = () => {
    const clock = { time: 1_000_000, now: () => clock.time };
    return clock;
  };

  test.each([
    ["expires", "1000500", "from the moment"],
    ["expiration", "500", "after the time"],
  ])("by %s:%s is delivered %s no more", async (header, value) => {
    const clock = aClock();
    const broker = await aBroker({ now: clock.now });
    const sender = await broker.client();
    await sender.told("SEND", { destination: "/queue/a", [header]: value }, "brief");
    await sender.told("SEND", { destination: "/queue/a" }, "lasting");
    const early = await broker.subscriber("/queue/a", { ...individually, "prefetch-count": "1" });
    const { headers } = await early.hear();
    expect(headers.get("expires")).toBe("1000500");
    clock.time += 500;
    await early.leave();
    expect(await (await broker.subscriber("/queue/a")).bodies(1)).toEqual(["lasting"]);
  });

  test("is gone from the disk as well", async () => {
    const journal = await aFolder();
    const clock = aClock();
    const first = await aBroker({ journal, now: clock.now });
    const sender = await first.client();
    await sender.told("SEND", { destination: "/queue/a", expiration: "500", ...persistent }, "brief");
    clock.time += 500;
    await sender.told("SEND", { destination: "/queue/a", ...persistent }, "lasting");
    await first.broker.stop();
    clock.time -= 500;
    const second = await aBroker({ journal, now: clock.now });
    expect(await (await second.subscriber("/queue/a")).bodies(1)).toEqual(["lasting"]);
  });

  test.each(["soon", "-1", "1e3"])("of %s is refused", async (value) => {
    const client = await (await aBroker()).client();
    client.say("SEND", { destination: "/queue/a", expiration: value });
    expect((await client.hear()).headers.get("message")).toContain("not a number of milliseconds");
  });
});

describe("what is more than may be held", () => {
  const limits = { mailbox: 3_000 };
  const text = "x".repeat(500);

  test("is refused by a queue, and taken again once there is room", async () => {
    const broker = await aBroker({ limits });
    const sender = await broker.client();
    for (let sent = 0; sent < 3; sent += 1) await sender.told("SEND", { destination: "/queue/a" }, text);
    sender.say("SEND", { destination: "/queue/a" }, text);
    expect((await sender.hear()).headers.get("message")).toBe(
      "/queue/a is full: nobody takes the 3000 bytes that it may hold",
    );
    const taker = await broker.subscriber("/queue/a");
    expect(await taker.bodies(3)).toEqual([text, text, text]);
    await taker.told("SEND", { destination: "/queue/a" }, "again");
    expect(await taker.bodies(1)).toEqual(["again"]);
  });

  test("costs one who is away the oldest of it, and keeps nobody from sending", async () => {
    const journal = await aFolder();
    const broker = await aBroker({ journal, limits });
    const durable = { durable: "true", "x-queue-name": "away" };
    const away = await broker.subscriber("/topic/a", durable);
    await away.leave();
    const sender = await broker.client();
    for (let sent = 0; sent < 9; sent += 1)
      await sender.told("SEND", { destination: "/topic/a", ...persistent }, `${sent}${text}`);
    expect(broker.log.entries.filter(({ event }) => event === "messages.dropped")).toMatchObject([
      { mailbox: '["ann","away"]' },
    ]);
    await broker.broker.stop();
    const second = await aBroker({ journal, limits });
    const back = await second.subscriber("/topic/a", durable);
    expect((await back.bodies(3)).map(([first]) => first)).toEqual(["6", "7", "8"]);
  });
});

test("what somebody may have had before the broker ended says so", async () => {
  const journal = await aFolder();
  const first = await aBroker({ journal });
  const sender = await first.client();
  await sender.told("SEND", { destination: "/queue/a", ...persistent }, "x");
  await first.broker.stop();
  const second = await aBroker({ journal });
  const taker = await second.subscriber("/queue/a");
  const { headers } = await taker.hear();
  expect(headers.get("redelivered")).toBe("true");
});
