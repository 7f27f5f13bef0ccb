import { expect, test } from "vitest";
import { durable, saying, topic, unique } from "../builders.ts";
import { inbox } from "../inbox.ts";
import type { Join } from "./join.ts";

/** Durable news, for those who were away. */
export function durables(join: Join): void {
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
