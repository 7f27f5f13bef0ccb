import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Failure } from "../../../lib/failure.ts";
import { connectBus } from "../../../lib/bus/connect.ts";
import { type EmbeddedBroker, embeddedBroker, secureBroker } from "../../support/embedded-broker.ts";
import { listeningLog, quietLog } from "../../support/logs.ts";
import { news, queue, saying, topic, unique, work } from "./builders.ts";
import { inbox } from "./inbox.ts";
import { ending, stompTo } from "./stomp-buses.ts";

const QUICK = { loginDelay: 1 };

const aBroker = async (options: Parameters<typeof embeddedBroker>[0] = {}): Promise<EmbeddedBroker> =>
  ending(await embeddedBroker({ limits: QUICK, ...options }), (broker) => broker.stop());

test.each([false, true])("a refused login rejects at the start, even with patience (%j)", async (wait) => {
  const broker = await aBroker();

  await expect(stompTo(broker.tcp.replace("s3cret", "wr0ng"), { wait })).rejects.toMatchObject({
    code: "BROKER_REFUSED",
    transient: false,
    message: expect.not.stringContaining("wr0ng") as string,
  });
});

test("login and passcode may stand beside the address", async () => {
  const broker = await aBroker();
  const address = broker.tcp.replace("skein:s3cret@", "");

  await expect(stompTo(address)).rejects.toMatchObject({ code: "BROKER_REFUSED" });
  await expect(stompTo(address, { login: "skein", passcode: "s3cret" })).resolves.toBeDefined();
});

test("a login that is refused later is reported, and used again once it is good", async () => {
  const broker = await embeddedBroker({ limits: QUICK });
  const { log, said } = listeningLog(/Cannot log in/);
  const fatal: Failure[] = [];
  const bus = await stompTo(broker.tcp, { log, onFatal: (why) => fatal.push(why) });
  await broker.stop();
  const other = await embeddedBroker({ port: broker.port, logins: new Map(), limits: QUICK });
  const published = bus.publish(saying(queue(), "patient"));

  await said;
  await other.stop();
  await aBroker({ port: broker.port });

  await published;
  expect(fatal).toEqual([expect.objectContaining({ code: "BROKER_REFUSED" })]);
});

test("without patience, every broker and its reason is named, and no passcode", async () => {
  const broker = await embeddedBroker();
  await broker.stop();
  const [tcp, websocket] = [broker.tcp, broker.websocket].map((each) => each.replace("skein:s3cret@", ""));

  await expect(
    connectBus({
      address: `failover:(${broker.tcp},${broker.websocket})?randomize=false`,
      clientId: "me",
      wait: false,
      log: quietLog,
    }),
  ).rejects.toMatchObject({
    code: "BROKER_UNREACHABLE",
    transient: true,
    message: `Cannot reach ${tcp}: connect ECONNREFUSED 127.0.0.1:${broker.port}; Cannot reach ${websocket}: connect ECONNREFUSED ${websocket?.slice(5)}`,
  });
});

test("a broker whose certificate nobody vouches for gets no passcode", async () => {
  const broker = ending(await secureBroker(), (each) => each.stop());

  for (const address of [broker.tcp, broker.websocket])
    await expect(stompTo(address)).rejects.toMatchObject({
      code: "BROKER_UNREACHABLE",
      message: expect.stringContaining("self-signed certificate") as string,
    });
});

test.each(["http://a", "memory:"])("%s is no address of a broker", async (address) => {
  await expect(connectBus({ address, clientId: "me", wait: false, log: quietLog })).rejects.toMatchObject({
    code: "BROKER_ADDRESS",
  });
});

test("a refused subscription rejects, and the bus goes on without it", async () => {
  const [secret, open, box] = [topic(), topic(), inbox()];
  const broker = await aBroker({ permits: (_login, _verb, destination) => destination !== secret });
  const bus = await stompTo(broker.tcp);

  await expect(bus.subscribe(news(secret), inbox().receive)).rejects.toMatchObject({ code: "BROKER_ERROR" });
  await bus.subscribe(news(open), box.receive);
  await bus.publish(saying(open, "still here"));

  expect(await box.texts(1)).toEqual(["still here"]);
});

test("a refused message rejects, and those around it arrive in order", async () => {
  const [secret, jobs, box] = [queue(), queue(), inbox()];
  const broker = await aBroker({ permits: (_login, _verb, destination) => destination !== secret });
  const bus = await stompTo(broker.tcp);
  await bus.subscribe(work(jobs), box.receive);

  const outcomes = await Promise.allSettled([
    bus.publish(saying(jobs, "before")),
    bus.publish(saying(secret, "refused")),
    bus.publish(saying(jobs, "after")),
  ]);

  expect(outcomes).toEqual([
    expect.objectContaining({ status: "fulfilled" }),
    {
      status: "rejected",
      reason: expect.objectContaining({ code: "BROKER_ERROR", transient: false }) as unknown,
    },
    expect.objectContaining({ status: "fulfilled" }),
  ]);
  await box.until("after");
  expect([...new Set(box.soFar())]).toEqual(["before", "after"]);
});

test("a message that a broker refuses when it comes from the spool is set aside", async () => {
  const [secret, jobs, box] = [queue(), queue(), inbox()];
  const spool = ending(await mkdtemp(join(tmpdir(), "skein-bus-")), (path) => rm(path, { recursive: true }));
  const permits = (_login: string, _verb: string, destination: string) => destination !== secret;
  const broker = await embeddedBroker({ permits });
  const { log, said } = listeningLog(/set aside/);
  const bus = await stompTo(broker.tcp, { spool, log, clientId: unique("client") });
  await broker.stop();
  for (const destination of [secret, jobs]) await bus.publish(saying(destination, "spooled"));

  await aBroker({ permits, port: broker.port });
  await bus.subscribe(work(jobs), box.receive);

  expect(await box.texts(1)).toEqual(["spooled"]);
  await said;
  expect(await readdir(join(spool, "aside"))).toHaveLength(1);
});

test("a full spool rejects what it cannot keep", async () => {
  const broker = await embeddedBroker();
  const spool = ending(await mkdtemp(join(tmpdir(), "skein-bus-")), (path) => rm(path, { recursive: true }));
  const { log, said } = listeningLog(/Cannot reach/);
  const bus = await stompTo(broker.tcp, { spool, spoolLimit: 300, log });
  await broker.stop();
  await said;

  await bus.publish(saying(queue(), "fits"));
  await expect(bus.publish(saying(queue(), "a".repeat(200)))).rejects.toMatchObject({ code: "SPOOL_FAILED" });
});
