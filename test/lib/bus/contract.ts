import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { Bus } from "../../../lib/bus/bus.ts";
import { durable, news, queue, saying, topic, unique, work } from "./builders.ts";
import { inbox } from "./inbox.ts";

/** A broker, as the suite needs it: each call is one more client of it. */
export type Connect = (clientId: string) => Promise<Bus>;

/** Every bus keeps the same promises; this suite holds one to them. */
export function aBus(name: string, connect: Connect): void {
  describe(`the promises of ${name}`, () => {
    const open: Bus[] = [];
    afterEach(async () => {
      await Promise.all(open.splice(0).map((bus) => bus.drain()));
    });
    const join = async (clientId = unique("client")): Promise<Bus> => {
      const bus = await connect(clientId);
      open.push(bus);
      return bus;
    };
    topics(join);
    contents(join);
    durables(join);
    queues(join);
    refusals(join);
    endings(join);
  });
}

type Join = (clientId?: string) => Promise<Bus>;

function topics(join: Join): void {
  test("news reaches every subscriber of its topic, and nobody else", async () => {
    const [said, other] = [topic(), topic()];
    const [one, two, stranger] = [inbox(), inbox(), inbox()];
    const bus = await join();
    await bus.subscribe(news(said), one.receive);
    await (await join()).subscribe(news(said), two.receive);
    await bus.subscribe(news(other), stranger.receive);

    await bus.publish(saying(said, "hello"));
    await bus.publish(saying(other, "last"));

    expect([await one.texts(1), await two.texts(1), await stranger.texts(1)]).toEqual([
      ["hello"],
      ["hello"],
      ["last"],
    ]);
  });

  test.each([
    ["*", ["a.x"]],
    [">", ["a", "a.x", "a.x.y"]],
    ["#", ["a", "a.x", "a.x.y"]],
  ])("an open word %s hears %j", async (open, heard) => {
    const root = topic();
    const box = inbox();
    const bus = await join();
    await bus.subscribe(news(`${root}.a.${open}`), box.receive);
    await bus.subscribe(news(`${root}.end`), box.receive);

    for (const name of ["a", "a.x", "a.x.y", "b", "b.x", "end"])
      await bus.publish(saying(`${root}.${name}`, name));

    expect(new Set(await box.texts(heard.length + 1))).toEqual(new Set([...heard, "end"]));
  });

  test("news is not kept for those who come later", async () => {
    const said = topic();
    const box = inbox();
    const bus = await join();
    await bus.publish(saying(said, "before"));
    await bus.subscribe(news(said), box.receive);
    await bus.publish(saying(said, "after"));

    expect(await box.texts(1)).toEqual(["after"]);
  });

  test("messages of one publisher arrive in order", async () => {
    const said = topic();
    const box = inbox();
    const bus = await join();
    await bus.subscribe(news(said), box.receive);
    const texts = Array.from({ length: 200 }, (_, index) => String(index));

    await Promise.all(texts.map((text) => bus.publish(saying(said, text))));

    expect(await box.texts(200)).toEqual(texts);
  });
}

function contents(join: Join): void {
  test("bytes, headers and destination arrive as they were sent", async () => {
    const said = topic();
    const box = inbox();
    const bus = await join();
    await bus.subscribe(news(said), box.receive);
    const headers = { subject: "[shop] C:\\new\\code: ☃ äöü\nline two", "x-empty": "" };
    const body = Uint8Array.from({ length: 512 }, (_, index) => index % 256);

    await bus.publish({ destination: said, headers, body, persistent: false });

    const [delivery] = await box.deliveries(1);
    expect(delivery).toMatchObject({ destination: said, headers, redelivered: false });
    expect(Buffer.from(delivery?.body ?? [])).toEqual(Buffer.from(body));
  });

  test.each([["nothing", 0] as const, ["a megabyte", 1024 * 1024] as const])(
    "a body of %s arrives",
    async (_name, length) => {
      const said = topic();
      const box = inbox();
      const bus = await join();
      await bus.subscribe(news(said), box.receive);

      await bus.publish({ ...saying(said, ""), body: randomBytes(length) });

      expect((await box.deliveries(1))[0]?.body).toHaveLength(length);
    },
  );
}

function durables(join: Join): void {
  test("durable news waits, in order, for a subscriber who is away", async () => {
    const said = topic();
    const [clientId, name] = [unique("client"), unique("ledger")];
    const before = await join(clientId);
    const first = inbox();
    await before.subscribe(durable(said, name), first.receive);
    const publisher = await join();
    await publisher.publish(saying(said, "there"));
    await first.texts(1);
    await before.drain();

    for (const text of ["one", "two", "three"]) await publisher.publish(saying(said, text));
    const second = inbox();
    await (await join(clientId)).subscribe(durable(said, name), second.receive);

    expect(await second.texts(3)).toEqual(["one", "two", "three"]);
  });

  test("durable news stays for the next of the name when a subscription is cancelled", async () => {
    const said = topic();
    const bus = await join();
    const name = unique("ledger");
    const subscription = await bus.subscribe(durable(said, name), inbox().receive);
    await subscription.cancel();
    await bus.publish(saying(said, "meanwhile"));

    const box = inbox();
    await bus.subscribe(durable(said, name), box.receive);

    expect(await box.texts(1)).toEqual(["meanwhile"]);
  });

  test("every durable name hears everything, and one name may listen to several topics", async () => {
    const [one, two] = [topic(), topic()];
    const [ledger, notifier] = [inbox(), inbox()];
    const bus = await join();
    await bus.subscribe(durable(one, "ledger"), ledger.receive);
    await bus.subscribe(durable(two, "ledger"), ledger.receive);
    await bus.subscribe(durable(one, "notifier"), notifier.receive);

    await bus.publish(saying(one, "first"));
    await ledger.texts(1);
    await bus.publish(saying(two, "second"));

    expect([await ledger.texts(2), await notifier.texts(1)]).toEqual([["first", "second"], ["first"]]);
  });
}

function queues(join: Join): void {
  test("work waits in its queue until somebody takes it", async () => {
    const jobs = queue();
    const box = inbox();
    await (await join()).publish(saying(jobs, "early"));
    await (await join()).subscribe(work(jobs), box.receive);

    expect(await box.texts(1)).toEqual(["early"]);
  });

  test("each piece of work goes to exactly one of its takers", async () => {
    const jobs = queue();
    const box = inbox();
    const texts = Array.from({ length: 30 }, (_, index) => String(index));
    const bus = await join();
    for (const taker of [bus, await join(), await join()]) await taker.subscribe(work(jobs), box.receive);

    await Promise.all(texts.map((text) => bus.publish(saying(jobs, text))));

    expect((await box.texts(30)).map(Number).sort((a, b) => a - b)).toEqual(texts.map(Number));
  });

  test("a busy taker leaves the rest of the work to the others", async () => {
    const jobs = queue();
    const [busy, free] = [inbox(), inbox()];
    const bus = await join();
    const finish = busy.hold();
    await bus.subscribe(work(jobs), busy.receive);
    await bus.publish(saying(jobs, "long"));
    await busy.deliveries(1);
    await (await join()).subscribe(work(jobs), free.receive);

    for (const text of ["a", "b", "c"]) await bus.publish(saying(jobs, text));

    expect(await free.texts(3)).toEqual(["a", "b", "c"]);
    finish();
  });

  test("a taker has as many deliveries in hand as it said, and no more", async () => {
    const jobs = queue();
    const box = inbox();
    const finish = box.hold();
    const bus = await join();
    await bus.subscribe(work(jobs, 3), box.receive);
    const texts = Array.from({ length: 9 }, (_, index) => String(index));
    for (const text of texts) await bus.publish(saying(jobs, text));

    expect(await box.texts(3)).toHaveLength(3);
    finish();
    expect(await box.texts(9)).toHaveLength(9);
    expect(box.mostAtOnce()).toBe(3);
  });
}

function refusals(join: Join): void {
  test.each([
    ["work", () => work(queue())],
    ["durable news", () => durable(topic(), unique("ledger"))],
  ])("refused %s comes again, and says so", async (_name, interest) => {
    const wanted = interest();
    const box = inbox();
    box.refuse(2);
    const bus = await join();
    await bus.subscribe(wanted, box.receive);

    await bus.publish(saying(wanted.destination, "stubborn"));

    const deliveries = await box.deliveries(3);
    expect(deliveries.map(({ redelivered }) => redelivered)).toEqual([false, true, true]);
    expect(new Set(await box.texts(3))).toEqual(new Set(["stubborn"]));
  });

  test("refused news is gone, and the next is heard", async () => {
    const said = topic();
    const box = inbox();
    box.refuse(1);
    const bus = await join();
    await bus.subscribe(news(said), box.receive);

    for (const text of ["refused", "next"]) await bus.publish(saying(said, text));

    expect(await box.texts(2)).toEqual(["refused", "next"]);
  });
}

function endings(join: Join): void {
  test("a cancelled subscription hears nothing more", async () => {
    const said = topic();
    const [cancelled, kept] = [inbox(), inbox()];
    const bus = await join();
    const subscription = await bus.subscribe(news(said), cancelled.receive);
    await bus.subscribe(news(said), kept.receive);
    await bus.publish(saying(said, "one"));
    await cancelled.texts(1);
    await subscription.cancel();
    await bus.publish(saying(said, "two"));

    expect(await kept.texts(2)).toEqual(["one", "two"]);
    expect(cancelled.soFar()).toEqual(["one"]);
  });

  test("a receiver may cancel its own subscription", async () => {
    const said = topic();
    const bus = await join();
    const cancelled = new Promise<void>((resolve, reject) => {
      const subscribing = bus.subscribe(news(said), async () => {
        (await subscribing).cancel().then(resolve, reject);
      });
      subscribing.then(() => bus.publish(saying(said, "answer"))).catch(reject);
    });

    await expect(cancelled).resolves.toBeUndefined();
  });

  test("draining waits for what is in hand, whose answers still go out", async () => {
    const [jobs, answers] = [queue(), topic()];
    const [taker, asker] = [await join(), await join()];
    const [box, heard] = [inbox(), inbox()];
    const finish = box.hold();
    await asker.subscribe(news(answers), heard.receive);
    await taker.subscribe(work(jobs), async (delivery) => {
      await box.receive(delivery);
      await taker.publish(saying(answers, "done"));
    });
    for (const text of ["one", "two"]) await asker.publish(saying(jobs, text));
    await box.texts(1);

    let drained = false;
    const draining = taker.drain().then(() => (drained = true));
    await asker.publish(saying(answers, "not yet"));
    await heard.texts(1);
    expect(drained).toBe(false);
    finish();
    await draining;

    expect(await heard.texts(2)).toEqual(["not yet", "done"]);
    const rest = inbox();
    await asker.subscribe(work(jobs), rest.receive);
    expect(await rest.texts(1)).toEqual(["two"]);
    expect(box.soFar()).toEqual(["one"]);
  });

  test("a drained bus refuses to publish and to subscribe", async () => {
    const bus = await join();
    await bus.drain();

    await expect(bus.publish(saying(topic(), "late"))).rejects.toMatchObject({ code: "BROKER_UNREACHABLE" });
    await expect(bus.subscribe(news(topic()), inbox().receive)).rejects.toMatchObject({
      code: "BROKER_UNREACHABLE",
    });
  });
}
