import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSpool } from "../../../lib/bus/spool.ts";
import { embeddedBroker } from "../../support/embedded-broker.ts";
import { listeningLog, quietLog } from "../../support/logs.ts";
import {
  CONNECTED,
  type Script,
  scriptedBroker,
  type ScriptedBroker,
} from "../../support/scripted-broker.ts";
import { news, queue, saying, topic } from "./builders.ts";
import { inbox } from "./inbox.ts";
import { ending, stompTo } from "./stomp-buses.ts";

const aBroker = async (script: Script): Promise<ScriptedBroker> =>
  ending(await scriptedBroker(script), (broker) => broker.close());

const at = ({ port }: { readonly port: number }): string => `stomp://127.0.0.1:${port}`;

const MIB = "x".repeat(1024 * 1024);

test.each<[name: string, said: string, reason: RegExp]>([
  ["garbage", "\u0001\u0002 hello\n\n\0", /it has no command/],
  ["another protocol", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", /it has no command/],
  ["a header without a name", "CONNECTED\nversion\n\n\0", /a header has no name/],
  ["a false length", "ERROR\ncontent-length:2\n\nlonger\0", /longer than its content-length/],
  ["a length that is none", "ERROR\ncontent-length:-1\n\n\0", /content-length is no number/],
  ["an enormous length", "ERROR\ncontent-length:99999999999\n\n\0", /body is longer/],
  ["headers without an end", `CONNECTED\na:${MIB}`, /headers are longer/],
  ["an ERROR without words", "ERROR\n\n\0", /an ERROR without words/],
  ["a frame of its own making", "WELCOME\n\n\0", /WELCOME/],
  ["nothing but line ends", "\n".repeat(10_000), /did not answer/],
  ["nothing", "", /did not answer/],
  ["half a frame", "CONNECTED\nversion:1.2\n", /did not answer/],
])("a broker that says %s is not connected to", async (_name, said, reason) => {
  const broker = await aBroker({ greeted: (socket) => void socket.write(said) });

  await expect(stompTo(at(broker), { connectionTimeout: 150 })).rejects.toMatchObject({
    code: "BROKER_UNREACHABLE",
    message: expect.stringMatching(reason) as string,
  });
});

test("a broker that turns hostile is left for the next one", async () => {
  const good = ending(await embeddedBroker(), (broker) => broker.stop());
  const bad = await aBroker({
    heard: ({ command }, socket) => void socket.write(command === "CONNECT" ? CONNECTED : "\0\0?!\n\n"),
  });
  const bus = await stompTo(`failover:(${at(bad)},${good.tcp})?randomize=false`);
  const [said, box] = [topic(), inbox()];

  await bus.subscribe(news(said), box.receive);
  await bus.publish(saying(said, "over here"));

  expect(await box.texts(1)).toEqual(["over here"]);
});

test("a broker that confirms nothing gets no more than a bounded part of what there is", async () => {
  let bytes = 0;
  let full: () => void = () => undefined;
  const enough = new Promise<void>((resolve) => (full = resolve));
  const broker = await aBroker({
    heard: ({ command, body }, socket) => {
      if (command === "CONNECT") socket.write(CONNECTED);
      bytes += body.length;
      if (bytes >= 4 * MIB.length) full();
    },
  });
  const bus = await stompTo(at(broker), { receiptTimeout: 300, publishTimeout: 400 });

  const publishing = Promise.allSettled(Array.from({ length: 12 }, () => bus.publish(saying(queue(), MIB))));
  await enough;
  expect(bytes).toBe(4 * MIB.length);

  expect(new Set((await publishing).map(({ status }) => status))).toEqual(new Set(["rejected"]));
});

test("of news that comes faster than it is handled, the oldest is dropped with a word in the log", async () => {
  const said = topic();
  const messageOf = (id: string, body: string) => (index: number) =>
    `MESSAGE\nsubscription:${id}\nmessage-id:m${index}\ndestination:${said}\n\n${index}${body}\0`;
  const broker = await aBroker({
    heard: ({ command, headers }, socket) => {
      if (command === "CONNECT") socket.write(CONNECTED);
      if (command === "SUBSCRIBE") {
        const id = headers["id"] ?? "";
        for (let index = 0; index < 20; index++) socket.write(messageOf(id, MIB)(index));
        socket.write(messageOf(id, "")(20));
        socket.write(`RECEIPT\nreceipt-id:${headers["receipt"]}\n\n\0`);
      }
    },
  });
  const { log, said: warned } = listeningLog(/faster than it is handled/);
  const bus = await stompTo(at(broker), { log });
  const box = inbox();
  const finish = box.hold();
  await bus.subscribe(news(said), box.receive);
  await warned;
  finish();
  await box.until("20");

  expect(box.soFar().map((text) => Number.parseInt(text, 10))).toEqual([
    0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
  ]);
});

test("draining leaves in the spool what a broker does not confirm", async () => {
  let came: () => void = () => undefined;
  const sent = new Promise<void>((resolve) => (came = resolve));
  const spool = ending(await mkdtemp(join(tmpdir(), "skein-bus-")), (path) => rm(path, { recursive: true }));
  await (await openSpool({ folder: spool, limit: 1_000, log: quietLog })).add(saying(queue(), "left"))
    .written;
  const broker = await aBroker({
    heard: ({ command }, socket) => {
      if (command === "CONNECT") socket.write(CONNECTED);
      if (command === "SEND") came();
    },
  });
  const bus = await stompTo(at(broker), { spool });
  await sent;

  await bus.drain();

  expect((await openSpool({ folder: spool, limit: 1_000, log: quietLog })).left).toHaveLength(1);
});

test("a message that ends every connection without a reason is found and refused, and the others arrive", async () => {
  const arrived: string[] = [];
  const broker = await aBroker({
    heard: ({ command, headers, body }, socket) => {
      if (command === "CONNECT") socket.write(CONNECTED);
      if (command !== "SEND") return;
      if (body === "poison") socket.end("ERROR\nmessage:cannot\n\n\0");
      else {
        arrived.push(body);
        socket.write(`RECEIPT\nreceipt-id:${headers["receipt"]}\n\n\0`);
      }
    },
  });
  const bus = await stompTo(at(broker));
  const jobs = queue();

  const outcomes = await Promise.allSettled(
    ["before", "poison", "after"].map((text) => bus.publish(saying(jobs, text))),
  );

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect([...new Set(arrived)]).toEqual(["before", "after"]);
});
