import { expect, test } from "vitest";
import { durableName } from "../../../lib/bus/stomp/dialect.ts";
import {
  CONNECTED,
  type Script,
  scriptedBroker,
  type ScriptedBroker,
} from "../../support/scripted-broker.ts";
import { durable, news, queue, topic, work } from "./builders.ts";
import { inbox } from "./inbox.ts";
import { ending, stompTo } from "./stomp-buses.ts";

const aBroker = async (script: Script): Promise<ScriptedBroker> =>
  ending(await scriptedBroker(script), (broker) => broker.close());

const at = ({ port }: { readonly port: number }): string => `stomp://127.0.0.1:${port}`;

/** A broker that calls itself so, and confirms everything. */
const confirming = (
  server: string,
  more: NonNullable<Script["heard"]> = () => undefined,
): Promise<ScriptedBroker> =>
  aBroker({
    heard: (frame, socket) => {
      if (frame.command === "CONNECT") socket.write(`CONNECTED\nversion:1.2\nserver:${server}\n\n\0`);
      const { receipt } = frame.headers;
      if (receipt !== undefined) socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
      more(frame, socket);
    },
  });

test("what is said of us to the broker is what the address and the options say", async () => {
  const broker = await aBroker({ heard: (_frame, socket) => void socket.write(CONNECTED) });
  await stompTo(`stomp://us%3Aer:pass@127.0.0.1:${broker.port}/deploy`, {
    clientId: "announcer.web1",
    heartbeat: 5_000,
  });

  expect(broker.frames[0]).toMatchObject({
    command: "CONNECT",
    headers: {
      "accept-version": "1.2",
      host: "deploy",
      login: "us:er",
      passcode: "pass",
      "client-id": "announcer.web1",
      "heart-beat": "5000,5000",
    },
  });
});

test.each([
  ["RabbitMQ/3.13.7", "/topic/a.#"],
  ["ActiveMQ/5.17.2", "/topic/a.>"],
  ["skein/0.1.0", "/topic/a.>"],
])("%s is asked for %s", async (server, destination) => {
  const broker = await confirming(server);
  const bus = await stompTo(at(broker));
  await bus.subscribe(news("/topic/a.>"), inbox().receive);

  expect(broker.frames.find(({ command }) => command === "SUBSCRIBE")).toMatchObject({
    headers: { destination },
  });
});

test("each kind of interest is asked for in the form that all brokers understand", async () => {
  const broker = await confirming("skein/0.1.0");
  const bus = await stompTo(at(broker));
  await bus.subscribe(news("/topic/a"), inbox().receive);
  await bus.subscribe(durable("/topic/b.*.>", "ledger.web1"), inbox().receive);
  await bus.subscribe(work("/queue/c", 3), inbox().receive);

  const own = expect.any(String) as unknown;
  const each = { id: own, receipt: own };
  const acknowledged = (ahead: string) => ({
    ...each,
    ack: "client-individual",
    "prefetch-count": ahead,
    "activemq.prefetchSize": ahead,
  });
  const queueName = "ledger.web1.b.any.all";
  expect(
    broker.frames.filter(({ command }) => command === "SUBSCRIBE").map(({ headers }) => headers),
  ).toEqual([
    { ...each, destination: "/topic/a", ack: "auto", exclusive: "true" },
    {
      ...acknowledged("64"),
      destination: "/topic/b.*.>",
      durable: "true",
      "auto-delete": "false",
      exclusive: "false",
      "activemq.subscriptionName": queueName,
      "x-queue-name": queueName,
    },
    { ...acknowledged("3"), destination: "/queue/c" },
  ]);
});

test("durable names stay short, and apart", () => {
  const names = ["a", "b"].map((end) =>
    durableName(durable(`${topic()}.${"x".repeat(300)}.${end}`, "ledger")),
  );

  expect(new Set(names).size).toBe(2);
  expect(names.every((name) => name.length <= 200)).toBe(true);
});

test("where a NACK would put work out of the way, it is given back by subscribing anew", async () => {
  let times = 0;
  const jobs = queue();
  const broker = await confirming("ActiveMQ/5.17.2", ({ command, headers }, socket) => {
    if (command !== "SUBSCRIBE") return;
    const again = ++times > 1 ? "redelivered:true\n" : "";
    socket.write(
      `MESSAGE\nsubscription:${headers["id"]}\nmessage-id:m1\nack:a${times}\ndestination:${jobs}\n${again}\njob\0`,
    );
  });
  const box = inbox();
  box.refuse(2);
  const bus = await stompTo(at(broker));
  await bus.subscribe(work(jobs), box.receive);

  expect((await box.deliveries(3)).map(({ redelivered }) => redelivered)).toEqual([false, true, true]);
  await bus.drain();
  expect(broker.frames.map(({ command }) => command)).toEqual(
    "CONNECT SUBSCRIBE UNSUBSCRIBE SUBSCRIBE UNSUBSCRIBE SUBSCRIBE ACK UNSUBSCRIBE DISCONNECT".split(" "),
  );
});
