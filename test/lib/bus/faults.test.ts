import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { listeningLog } from "../../support/logs.ts";
import { type EmbeddedBroker, embeddedBroker } from "../../support/embedded-broker.ts";
import { faultProxy, type FaultProxy } from "../../support/fault-proxy.ts";
import { durable, news, queue, saying, topic, unique, work } from "./builders.ts";
import { inbox } from "./inbox.ts";
import { ending, reconnected, stompTo } from "./stomp-buses.ts";

const aBroker = async (options: Parameters<typeof embeddedBroker>[0] = {}): Promise<EmbeddedBroker> =>
  ending(await embeddedBroker(options), (broker) => broker.stop());

const aProxy = async (to: number): Promise<FaultProxy> =>
  ending(await faultProxy({ to }), (proxy) => proxy.close());

const aFolder = async (): Promise<string> =>
  ending(await mkdtemp(join(tmpdir(), "skein-bus-")), (path) => rm(path, { recursive: true }));

const through = ({ port }: FaultProxy): string => `stomp://skein:s3cret@127.0.0.1:${port}`;

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));

/** Each text once, in the order in which each came first: what a receiver that knows repeats makes of it. */
const withoutRepeats = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

test.each([
  ["in memory", async () => ({})],
  ["in a spool", async () => ({ spool: await aFolder() })],
])(
  "with what waits %s, nothing is lost and the order is kept, however often the connection breaks",
  async (_name, options) => {
    const broker = await aBroker();
    const proxy = await aProxy(broker.port);
    const jobs = queue();
    const box = inbox();
    const publisher = await stompTo(through(proxy), await options());
    const taker = await stompTo(broker.tcp);
    await taker.subscribe(work(jobs), box.receive);

    const texts = numbers(400);
    const publishing: Promise<void>[] = [];
    for (const [index, text] of texts.entries()) {
      const published = publisher.publish(saying(jobs, text));
      if (index % 40 === 20) proxy.cut();
      if (index % 10 === 0) await published;
      publishing.push(published);
    }
    await Promise.all(publishing);
    await publisher.publish(saying(jobs, "end"));

    await box.until("end");
    expect(withoutRepeats(box.soFar())).toEqual([...texts, "end"]);
  },
);

test("subscriptions return when the connection broke, and listeners are told after that", async () => {
  const broker = await aBroker();
  const proxy = await aProxy(broker.port);
  const [said, jobs] = [topic(), queue()];
  const [heard, kept, taken] = [inbox(), inbox(), inbox()];
  const bus = await stompTo(through(proxy));
  await bus.subscribe(news(said), heard.receive);
  await bus.subscribe(durable(said, unique("ledger")), kept.receive);
  await bus.subscribe(work(jobs), taken.receive);
  const publisher = await stompTo(broker.tcp);

  const back = reconnected(bus);
  proxy.cut();
  await back;
  await publisher.publish(saying(said, "news"));
  await publisher.publish(saying(jobs, "job"));

  expect([await heard.texts(1), await kept.texts(1), await taken.texts(1)]).toEqual([
    ["news"],
    ["news"],
    ["job"],
  ]);
});

test("work that was in hand when the connection broke comes again", async () => {
  const broker = await aBroker();
  const proxy = await aProxy(broker.port);
  const jobs = queue();
  const [first, second] = [inbox(), inbox()];
  const finish = first.hold();
  await (await stompTo(through(proxy))).subscribe(work(jobs), first.receive);
  const publisher = await stompTo(broker.tcp);
  await publisher.publish(saying(jobs, "job"));
  await first.texts(1);

  await proxy.refuse();
  await publisher.subscribe(work(jobs), second.receive);

  expect((await second.deliveries(1))[0]).toMatchObject({ redelivered: true });
  finish();
});

test("what is published while the broker is away is delivered when it is back, before what comes later", async () => {
  const broker = await embeddedBroker();
  const bus = await stompTo(broker.tcp, { spool: await aFolder() });
  const jobs = queue();
  await broker.stop();
  const back = reconnected(bus);

  for (const text of ["one", "two"]) await bus.publish(saying(jobs, text));
  const again = await aBroker({ port: broker.port });
  await back;
  await bus.publish(saying(jobs, "three"));

  const box = inbox();
  await (await stompTo(again.tcp)).subscribe(work(jobs), box.receive);
  expect(await box.texts(3)).toEqual(["one", "two", "three"]);
});

test("a broker that is started again and again loses nothing, for anybody", async () => {
  const journal = await aFolder();
  let broker = await embeddedBroker({ journal });
  ending(undefined, () => broker.stop());
  const [said, jobs, name] = [topic(), queue(), unique("ledger")];
  const [kept, taken] = [inbox(), inbox()];
  const publisher = await stompTo(broker.tcp, { spool: await aFolder() });
  const listener = await stompTo(broker.tcp);
  await listener.subscribe(durable(said, name), kept.receive);
  await listener.subscribe(work(jobs), taken.receive);

  const texts = numbers(90);
  for (const [index, text] of texts.entries()) {
    await publisher.publish(saying(said, text));
    await publisher.publish(saying(jobs, text));
    if (index % 30 !== 15) continue;
    await broker.stop();
    broker = await embeddedBroker({ journal, port: broker.port });
  }

  await Promise.all([kept.until("90"), taken.until("90")]);
  expect(withoutRepeats(kept.soFar())).toEqual(texts);
  expect(withoutRepeats(taken.soFar())).toEqual(texts);
});

test("without a spool, a publish waits for the broker, but not for ever", async () => {
  const broker = await aBroker();
  const proxy = await aProxy(broker.port);
  const bus = await stompTo(through(proxy), { publishTimeout: 300 });
  const [said, box] = [topic(), inbox()];
  await bus.subscribe(news(said), box.receive);
  await proxy.refuse();

  const late = bus.publish(saying(said, "late"));
  await expect(late).rejects.toMatchObject({ code: "BROKER_UNREACHABLE", transient: true });
  const inTime = bus.publish(saying(said, "in time"));
  await proxy.restore();
  await inTime;

  expect(await box.texts(1)).toEqual(["in time"]);
});

test("a broker that is silent without a word is given up, and nothing is lost", async () => {
  const broker = await aBroker({ limits: { heartBeat: 50 } });
  const proxy = await aProxy(broker.port);
  const [jobs, box] = [queue(), inbox()];
  const { log, said } = listeningLog(/heart-beat stopped/);
  const bus = await stompTo(through(proxy), { heartbeat: 500, connectionTimeout: 2_000, log });
  await bus.subscribe(work(jobs), box.receive);

  proxy.blackHole();
  const published = bus.publish(saying(jobs, "into the hole"));
  await said;
  await proxy.restore();
  await published;

  expect(await box.texts(1)).toEqual(["into the hole"]);
});

test("the next broker of the list takes over", async () => {
  const [first, second] = [await embeddedBroker(), await aBroker()];
  const bus = await stompTo(`failover:(${first.tcp},${second.tcp})?randomize=false`);
  const [said, box] = [topic(), inbox()];
  await bus.subscribe(news(said), box.receive);
  await first.stop();

  await bus.publish(saying(said, "over there"));

  expect(await box.texts(1)).toEqual(["over there"]);
});

test("a daemon waits at its start until a broker is there", async () => {
  const broker = await aBroker();
  const proxy = await aProxy(broker.port);
  await proxy.refuse();
  const connecting = stompTo(through(proxy), { wait: true });
  await proxy.restore();

  await expect(connecting).resolves.toBeDefined();
});

test.each([
  ["without a spool, rejects", async () => undefined, "rejected"],
  ["with a spool, keeps", aFolder, "fulfilled"],
])("draining %s what a silent broker does not confirm", async (_name, folder, status) => {
  const broker = await aBroker();
  const proxy = await aProxy(broker.port);
  const spool = await folder();
  const bus = await stompTo(through(proxy), spool === undefined ? {} : { spool });
  proxy.blackHole();
  const publishing = Promise.allSettled([bus.publish(saying(queue(), "unheard"))]);

  await bus.drain();

  expect(await publishing).toEqual([expect.objectContaining({ status })]);
});

test("draining does not wait for a broker that is silent", async () => {
  const broker = await aBroker();
  const proxy = await aProxy(broker.port);
  const bus = await stompTo(through(proxy));
  await bus.subscribe(news(topic()), inbox().receive);
  proxy.blackHole();

  await expect(bus.drain()).resolves.toBeUndefined();
});

test("when the publisher is killed, every message whose publish resolved arrives", async () => {
  const broker = await aBroker();
  const proxy = await aProxy(broker.port);
  const [spool, jobs, box] = [await aFolder(), queue(), inbox()];
  const child = spawn(process.execPath, ["test/support/publisher.mjs", through(proxy), spool, jobs]);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  await proxy.refuse();
  child.stdin.write("go\n");

  const published: string[] = [];
  while (published.length < 100) published.push(String((await lines.next()).value));
  child.kill("SIGKILL");
  await once(child, "exit");
  await proxy.restore();
  const successor = await stompTo(broker.tcp, { spool });
  await successor.publish(saying(jobs, "end"));
  await (await stompTo(broker.tcp)).subscribe(work(jobs), box.receive);
  await box.until("end");

  expect(box.soFar().slice(0, published.length)).toEqual(published);
});
