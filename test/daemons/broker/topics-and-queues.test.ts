import { describe, expect, test } from "vitest";
import { aBroker } from "./support/broker.ts";

describe("topics", () => {
  test("every subscriber gets what is sent, once for each subscription", async () => {
    const broker = await aBroker();
    const [one, other] = [await broker.subscriber("/topic/a.b"), await broker.subscriber("/topic/a.*")];
    await other.told("SUBSCRIBE", { id: "t", destination: "/topic/#" });
    const sender = await broker.client();
    await sender.told("SEND", { destination: "/topic/a.b", subject: "hi\\cthere" }, "hello");

    const message = await one.hear();
    expect(message.command).toBe("MESSAGE");
    expect(message.body.toString()).toBe("hello");
    expect(Object.fromEntries(message.headers)).toMatchObject({
      subscription: "s",
      destination: "/topic/a.b",
      subject: "hi:there",
      "content-length": "5",
    });
    expect(message.headers.get("message-id")).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(message.headers.has("ack")).toBe(false);
    const twice = [await other.hear(), await other.hear()].map(({ headers }) => headers.get("subscription"));
    expect(new Set(twice)).toEqual(new Set(["s", "t"]));
  });

  test("a sender that subscribes hears itself", async () => {
    const broker = await aBroker();
    const client = await broker.subscriber("/topic/a");
    client.say("SEND", { destination: "/topic/a" }, "me");
    expect(await client.bodies(1)).toEqual(["me"]);
  });

  test("what is sent before SUBSCRIBE or after UNSUBSCRIBE is not heard", async () => {
    const broker = await aBroker();
    const client = await broker.client();
    await client.told("SEND", { destination: "/topic/a" }, "early");
    await client.told("SUBSCRIBE", { id: "1", destination: "/topic/a" });
    await client.told("SEND", { destination: "/topic/a" }, "in time");
    await client.told("UNSUBSCRIBE", { id: "1" });
    await client.told("SEND", { destination: "/topic/a" }, "late");
    await client.told("BEGIN", { transaction: "x" });
    expect(client.unasked.map(({ body }) => body.toString())).toEqual(["in time"]);
  });

  test("with acknowledgements, a topic respects the prefetch and gives back what was refused", async () => {
    const broker = await aBroker();
    const client = await broker.subscriber("/topic/a", { ack: "client-individual", "prefetch-count": "1" });
    for (const body of ["1", "2"]) await client.told("SEND", { destination: "/topic/a" }, body);
    const first = await client.hear();
    expect(client.unasked).toEqual([]);
    await client.told("NACK", { id: first.headers.get("ack") ?? "" });
    const again = await client.hear();
    expect([again.body.toString(), again.headers.get("redelivered")]).toEqual(["1", "true"]);
    await client.told("ACK", { id: again.headers.get("ack") ?? "" });
    expect(await client.bodies(1)).toEqual(["2"]);
  });
});

describe("queues", () => {
  test("a queue keeps what nobody has taken, in order", async () => {
    const broker = await aBroker();
    const sender = await broker.client();
    for (const body of ["1", "2", "3"]) await sender.told("SEND", { destination: "/queue/a" }, body);
    const taker = await broker.subscriber("/queue/a");
    expect(await taker.bodies(3)).toEqual(["1", "2", "3"]);
  });

  test("consumers of a queue share its messages by turns", async () => {
    const broker = await aBroker();
    const takers = [await broker.subscriber("/queue/a"), await broker.subscriber("/queue/a")];
    const sender = await broker.client();
    for (let sent = 0; sent < 10; sent++) await sender.told("SEND", { destination: "/queue/a" }, `${sent}`);
    const shares = await Promise.all(takers.map((taker) => taker.bodies(5)));
    expect(shares).toEqual([
      ["0", "2", "4", "6", "8"],
      ["1", "3", "5", "7", "9"],
    ]);
  });

  test.each(["prefetch-count", "activemq.prefetchSize"])(
    "%s keeps work from a consumer that is busy",
    async (header) => {
      const broker = await aBroker();
      const busy = await broker.subscriber("/queue/a", { ack: "client-individual", [header]: "1" });
      const sender = await broker.client();
      for (const body of ["1", "2", "3"]) await sender.told("SEND", { destination: "/queue/a" }, body);
      expect(await busy.bodies(1)).toEqual(["1"]);
      const quick = await broker.subscriber("/queue/a");
      expect(await quick.bodies(2)).toEqual(["2", "3"]);
      expect(busy.unasked).toEqual([]);
    },
  );

  test("what a lost consumer had not acknowledged goes to another, marked, and before what is newer", async () => {
    const broker = await aBroker();
    const lost = await broker.subscriber("/queue/a", { ack: "client" });
    const sender = await broker.client();
    for (const body of ["1", "2", "3"]) await sender.told("SEND", { destination: "/queue/a" }, body);
    const [first] = [await lost.hear(), await lost.hear(), await lost.hear()];
    await lost.told("ACK", { id: first.headers.get("ack") ?? "" });
    await lost.leave();
    await broker.log.happened("client.left");
    await sender.told("SEND", { destination: "/queue/a" }, "4");
    const heir = await broker.subscriber("/queue/a");
    const heard = [await heir.hear(), await heir.hear(), await heir.hear()];
    expect(heard.map(({ body, headers }) => [body.toString(), headers.get("redelivered")])).toEqual([
      ["2", "true"],
      ["3", "true"],
      ["4", undefined],
    ]);
  });

  test("after UNSUBSCRIBE a consumer may still acknowledge what it has in hand", async () => {
    const broker = await aBroker();
    const taker = await broker.subscriber("/queue/a", { ack: "client-individual" });
    for (const body of ["1", "2"]) await taker.told("SEND", { destination: "/queue/a" }, body);
    const [first] = [await taker.hear(), await taker.hear()];
    await taker.told("UNSUBSCRIBE", { id: "s" });
    await taker.told("ACK", { id: first.headers.get("ack") ?? "" });
    await taker.told("DISCONNECT");
    const heir = await broker.subscriber("/queue/a");
    expect(await heir.bodies(1)).toEqual(["2"]);
  });

  test("a message of a megabyte of any bytes passes unharmed", async () => {
    const broker = await aBroker();
    const taker = await broker.subscriber("/queue/a");
    const body = Buffer.from(Array.from({ length: 1024 * 1024 }, (_, index) => index % 251));
    const sender = await broker.client();
    sender.write(`SEND\ndestination:/queue/a\ncontent-length:${body.length}\n\n`);
    sender.write(body);
    sender.write("\0");
    expect((await taker.hear()).body.equals(body)).toBe(true);
  });

  test("a backlog larger than the write buffer reaches a slow consumer whole", async () => {
    const broker = await aBroker({ limits: { writeBuffer: 256 * 1024 } });
    const sender = await broker.client();
    const count = 400;
    for (let sent = 0; sent < count; sent++) {
      await sender.told("SEND", { destination: "/queue/a" }, `${sent}:${"x".repeat(16 * 1024)}`);
    }
    const taker = await broker.client();
    taker.socket.pause();
    taker.say("SUBSCRIBE", { id: "s", destination: "/queue/a" });
    await sender.told("SEND", { destination: "/queue/a" }, "end");
    taker.socket.resume();
    const bodies = await taker.bodies(count + 1);
    expect(bodies.map((body) => body.split(":")[0])).toEqual([...Array(count).keys(), "end"].map(String));
  });

  test("what the broker holds for those who are away is bounded", async () => {
    const broker = await aBroker({ limits: { held: 10_000 } });
    const sender = await broker.client();
    await sender.told("SEND", { destination: "/queue/a" }, "x".repeat(9_000));
    await expect(sender.told("SEND", { destination: "/queue/a" }, "x".repeat(9_000))).rejects.toThrow(
      "takes no more",
    );
    const taker = await broker.subscriber("/queue/a");
    await taker.hear();
    await taker.told("SEND", { destination: "/queue/a" }, "x".repeat(9_000));
  });
});

describe("acknowledgements", () => {
  const three = async (ack: string) => {
    const broker = await aBroker();
    const taker = await broker.subscriber("/queue/a", { ack });
    for (const body of ["1", "2", "3"]) await taker.told("SEND", { destination: "/queue/a" }, body);
    const ids = [await taker.hear(), await taker.hear(), await taker.hear()].map(
      ({ headers }) => headers.get("ack") ?? "",
    );
    const left = async () => {
      await taker.told("DISCONNECT");
      const heir = await broker.subscriber("/queue/a");
      await heir.told("SEND", { destination: "/queue/a" }, "end");
      const bodies: string[] = [];
      while (bodies.at(-1) !== "end") bodies.push(...(await heir.bodies(1)));
      return bodies.slice(0, -1);
    };
    return { taker, ids, left };
  };

  test("mode client acknowledges all until then", async () => {
    const { taker, ids, left } = await three("client");
    await taker.told("ACK", { id: ids[1] ?? "" });
    expect(await left()).toEqual(["3"]);
  });

  test("mode client-individual acknowledges one", async () => {
    const { taker, ids, left } = await three("client-individual");
    await taker.told("ACK", { id: ids[1] ?? "" });
    expect(await left()).toEqual(["1", "3"]);
  });

  test("1.1 and Net::Stomp name a delivery by its message-id", async () => {
    const { taker, ids, left } = await three("client-individual");
    await taker.told("ACK", { "message-id": ids[0] ?? "", subscription: "s" });
    expect(await left()).toEqual(["2", "3"]);
  });

  test("an ACK in a transaction counts when it commits, and not when it is aborted", async () => {
    const { taker, ids, left } = await three("client-individual");
    await taker.told("BEGIN", { transaction: "yes" });
    await taker.told("BEGIN", { transaction: "no" });
    await taker.told("ACK", { id: ids[0] ?? "", transaction: "yes" });
    await taker.told("ACK", { id: ids[1] ?? "", transaction: "no" });
    await taker.told("COMMIT", { transaction: "yes" });
    await taker.told("ABORT", { transaction: "no" });
    expect(await left()).toEqual(["2", "3"]);
  });

  test("an ACK of nothing is refused", async () => {
    const { taker, ids } = await three("client-individual");
    await taker.told("ACK", { id: ids[0] ?? "" });
    await expect(taker.told("ACK", { id: ids[0] ?? "" })).rejects.toThrow("no delivery");
    await taker.ended();
  });

  test("what is sent in a transaction goes out at COMMIT", async () => {
    const broker = await aBroker();
    const taker = await broker.subscriber("/queue/a");
    const sender = await broker.client();
    await sender.told("BEGIN", { transaction: "t" });
    for (const body of ["1", "2"])
      await sender.told("SEND", { destination: "/queue/a", transaction: "t" }, body);
    await sender.told("SEND", { destination: "/queue/a" }, "before");
    await sender.told("COMMIT", { transaction: "t" });
    expect(await taker.bodies(3)).toEqual(["before", "1", "2"]);
  });
});
