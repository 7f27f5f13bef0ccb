import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { news, saying, topic } from "../builders.ts";
import { inbox } from "../inbox.ts";
import type { Join } from "./join.ts";

/** What a message holds. */
export function contents(join: Join): void {
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
