import { expect, test } from "vitest";
import { queue, saying, work } from "../builders.ts";
import { inbox } from "../inbox.ts";
import type { Join } from "./join.ts";

/** Work in queues. */
export function queues(join: Join): void {
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
