import { expect, test } from "vitest";
import { news, saying, topic } from "../builders.ts";
import { inbox } from "../inbox.ts";
import type { Join } from "./join.ts";

/** News on topics. */
export function topics(join: Join): void {
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
