import { expect, test } from "vitest";
import { durable, news, queue, saying, topic, unique, work } from "../builders.ts";
import { inbox } from "../inbox.ts";
import type { Join } from "./join.ts";

/** What receivers refuse. */
export function refusals(join: Join): void {
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

  test.each([
    ["work", () => work(queue())],
    ["durable news", () => durable(topic(), unique("ledger"))],
  ])("refused %s comes again before what came after it", async (_name, interest) => {
    const wanted = interest();
    const box = inbox();
    const bus = await join();
    await bus.subscribe(wanted, box.receive);
    const go = box.hold();
    for (const text of ["one", "two", "three"]) await bus.publish(saying(wanted.destination, text));
    box.refuse(2);
    go();

    expect(await box.texts(5)).toEqual(["one", "one", "one", "two", "three"]);
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
