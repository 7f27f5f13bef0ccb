import { once } from "node:events";
import { expect, test } from "vitest";
import { aBroker, afterwards, type TestBroker } from "./support/broker.ts";
import { type Client, dial } from "./support/client.ts";

/** The broker says ERROR, and closes; another client does not notice. */
async function isRefused(broker: TestBroker, client: Client): Promise<string> {
  const error = await client.hear();
  expect(error.command).toBe("ERROR");
  await client.ended();
  await (await broker.client()).told("SEND", { destination: "/queue/a" });
  return error.headers.get("message") ?? "";
}

test("S1: a frame that is cut off by the end of the connection does nothing", async () => {
  const broker = await aBroker();
  const client = await broker.client();
  client.write("SEND\ndestination:/queue/a\n\nhalf");
  client.socket.end();
  await client.ended();
  expect(await broker.log.happened("frame.cut")).toMatchObject({ level: "warn", login: "ann" });
  const taker = await broker.subscriber("/queue/a");
  await taker.told("SEND", { destination: "/queue/a" }, "whole");
  expect(await taker.bodies(1)).toEqual(["whole"]);
});

test.each([
  ["S2: a content-length that is none", "SEND\ndestination:/queue/a\ncontent-length:1e3\n\n"],
  ["S2: a content-length beyond all bounds", "SEND\ndestination:/queue/a\ncontent-length:99999999999\n\n"],
  ["S3: a content-length that is too short", "SEND\ndestination:/queue/a\ncontent-length:1\n\nabc\0"],
  ["S4: an undefined escape", "SEND\ndestination:/queue/a\na:\\t\n\n\0"],
  ["S5: a header without a colon", "SEND\ndestination:/queue/a\nabc\n\n\0"],
  ["S6: a header that is no UTF-8", Buffer.from("SEND\na:\xff\n\n\0", "latin1")],
  ["S7: too many headers", `SEND\n${"a:b\n".repeat(1_000)}`],
  ["S7: a header line without an end", `SEND\na:${"x".repeat(1_000_000)}`],
  ["S7: a million heart-beats at once", "\n".repeat(1_000_000)],
  ["S8: a body that is too large", `SEND\ndestination:/queue/a\n\n${"x".repeat(1_100_000)}`],
  ["S9: an unknown command", "PUBLISH\ndestination:/queue/a\n\n\0"],
  ["S9: a frame that only a server sends", "MESSAGE\ndestination:/queue/a\n\n\0"],
  ["S9: a second CONNECT", "CONNECT\nlogin:ann\npasscode:secret\n\n\0"],
])("%s is answered with ERROR and the end", async (_name, bytes) => {
  const broker = await aBroker();
  const client = await broker.client();
  client.write(bytes);
  expect(await isRefused(broker, client)).not.toBe("");
});

test.each([
  ["S8: more than 8 KiB of headers", `CONNECT\nlogin:${"x".repeat(9_000)}`],
  ["S8: more than 8 KiB of body", `CONNECT\nlogin:ann\n\n${"x".repeat(9_000)}`],
  ["S8: garbage", "x".repeat(100_000)],
  ["S9: SEND", "SEND\ndestination:/queue/a\n\n\0"],
  ["S9: HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
])("%s before CONNECT is answered with ERROR and the end", async (_name, bytes) => {
  const broker = await aBroker();
  const client = await broker.dial();
  client.write(bytes);
  expect(await isRefused(broker, client)).not.toBe("");
});

test("S5: of a repeated header the first counts", async () => {
  const broker = await aBroker();
  const client = await broker.subscriber("/queue/a");
  client.write("SEND\ndestination:/queue/a\ndestination:/queue/b\nx:1\nx:2\n\n\0");
  expect((await client.hear()).headers.get("x")).toBe("1");
});

test("S6: a body need not be UTF-8", async () => {
  const broker = await aBroker();
  const client = await broker.subscriber("/queue/a");
  client.write(Buffer.from("SEND\ndestination:/queue/a\n\n\xff\xfe\0", "latin1"));
  expect((await client.hear()).body).toEqual(Buffer.from([0xff, 0xfe]));
});

test("ends of line after each frame are no heart-beats to count", async () => {
  const broker = await aBroker({ limits: { beatsPerSecond: 5 } });
  const client = await broker.client();
  client.write("SEND\ndestination:/queue/a\n\n\0\r\n".repeat(500));
  await expect(client.told("SEND", { destination: "/queue/a" })).resolves.toBeUndefined();
});

test("S10: a client that does not log in is disconnected", async () => {
  const broker = await aBroker({ limits: { connectDeadline: 60 } });
  const client = await broker.dial();
  expect(await isRefused(broker, client)).toContain("did not log in");
});

test("S10: a client that sends a frame drop by drop is disconnected", async () => {
  const broker = await aBroker({ limits: { frameDeadline: 80 } });
  const client = await broker.client();
  const drops = setInterval(() => client.write("x"), 10);
  client.write("SEND\ndestination:/queue/a\n\n");
  const reason = await isRefused(broker, client);
  clearInterval(drops);
  expect(reason).toContain("did not come to its end");
});

test("S10: many frames in a row are not one slow frame", async () => {
  const broker = await aBroker({ limits: { frameDeadline: 80 } });
  const client = await broker.client();
  const begun = performance.now();
  while (performance.now() - begun < 250) {
    client.write("SEND\ndestination:/topic/a\n\nx");
    await new Promise(setImmediate);
    client.write("\0SEND\ndestination:/topic/a\n\nx");
    await new Promise(setImmediate);
    client.write("\0");
  }
  await expect(client.told("SEND", { destination: "/topic/a" })).resolves.toBeUndefined();
});

test("S10: connections are bounded, for each address and in all, and a place that is left is free again", async () => {
  const broker = await aBroker({ limits: { connectionsPerAddress: 2, connections: 3 } });
  const first = await broker.client();
  await broker.client();
  const third = await broker.dial();
  const error = await third.hear();
  expect([error.command, error.headers.get("message")]).toEqual([
    "ERROR",
    "too many connections from this address",
  ]);
  await third.ended();
  await first.leave();
  await broker.log.happened("client.left");
  await broker.client();

  const elsewhere = await dial(broker.port, "127.0.0.1");
  afterwards(() => elsewhere.leave());
  expect((await elsewhere.hear()).command).toBe("ERROR");
});

test("S10: a subscriber that does not read is disconnected, and the others go on", async () => {
  const broker = await aBroker();
  const stuck = await broker.subscriber("/topic/a");
  const healthy = await broker.subscriber("/topic/a");
  stuck.socket.pause();
  const sender = await broker.client();
  const body = "x".repeat(500_000);
  let sent = 0;
  while (!broker.log.entries.some(({ event }) => event === "client.cut")) {
    await sender.told("SEND", { destination: "/topic/a" }, body);
    sent += 1;
  }
  expect((await healthy.bodies(sent)).length).toBe(sent);
  expect(await broker.log.happened("client.cut")).toMatchObject({ reason: "it reads too slowly" });
});

test("a subscriber to a topic that never acknowledges is disconnected when too much waits for it", async () => {
  const broker = await aBroker({ limits: { passing: 50_000 } });
  const stuck = await broker.subscriber("/topic/a", { ack: "client", "prefetch-count": "1" });
  const sender = await broker.client();
  for (let sent = 0; sent < 6; sent++)
    await sender.told("SEND", { destination: "/topic/a" }, "x".repeat(10_000));
  await stuck.ended();
  expect(await broker.log.happened("client.cut")).toMatchObject({ reason: "it acknowledges too slowly" });
});

test("S11: a wrong passcode and an unknown login look the same, wait longer each time, and name nobody", async () => {
  const broker = await aBroker({ limits: { loginDelay: 20 } });
  const answers: string[] = [];
  const times: number[] = [];
  for (const login of ["ann", "nobody", "ann"]) {
    const client = await broker.dial();
    const begun = performance.now();
    client.say("CONNECT", { "accept-version": "1.2", host: "/", login, passcode: "wrong" });
    const { command, headers, body } = await client.hear();
    times.push(performance.now() - begun);
    answers.push(JSON.stringify([command, ...headers, body.toString()]));
    await client.ended();
  }
  expect(new Set(answers).size).toBe(1);
  expect(times.map((time, index) => time >= 20 * 2 ** index - 2)).toEqual([true, true, true]);
  expect(JSON.stringify(broker.log.entries)).not.toContain("wrong");
});

test("S11: frames behind a refused CONNECT do nothing", async () => {
  const broker = await aBroker({ limits: { loginDelay: 1 } });
  const client = await broker.dial();
  client.write("CONNECT\nlogin:ann\npasscode:no\n\n\0SEND\ndestination:/queue/a\n\nforged\0");
  await once(client.socket, "close");
  const taker = await broker.subscriber("/queue/a");
  await taker.told("SEND", { destination: "/queue/a" }, "true");
  expect(await taker.bodies(1)).toEqual(["true"]);
});

test("what the policy does not allow is refused, also as part of a pattern", async () => {
  const broker = await aBroker({
    permits: (login, verb, destination) =>
      login === "ann" && verb === "subscribe" && destination === "/topic/a",
  });
  await broker.subscriber("/topic/a");
  for (const [command, destination] of [
    ["SEND", "/topic/a"],
    ["SUBSCRIBE", "/topic/#"],
    ["SUBSCRIBE", "/queue/a"],
  ] as const) {
    const client = await broker.client();
    await expect(client.told(command, { id: "1", destination })).rejects.toThrow("may not");
    await client.ended();
  }
});
