import { expect, test } from "vitest";
import { news, queue, saying, topic, work } from "../builders.ts";
import { inbox } from "../inbox.ts";
import type { Join } from "./join.ts";

/** How subscriptions and buses end. */
export function endings(join: Join): void {
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
