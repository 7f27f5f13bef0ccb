import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { message } from "../../../lib/messages/catalogue.ts";
import { inDialect, STANDARD_TOPICS } from "../../../lib/messages/destinations.ts";
import { enclose } from "../../../lib/messages/envelope.ts";
import { read, write } from "../../../lib/messages/wire.ts";
import { dial } from "../../daemons/broker/support/client.ts";
import { aPush, revisionOf } from "../../support/builders.ts";
import { embeddedBroker } from "../../support/embedded-broker.ts";
import { describeNeeding } from "../../support/needing.ts";
import { CONNECTED, scriptedBroker } from "../../support/scripted-broker.ts";
import { until } from "../../support/until.ts";
import { inbox } from "./inbox.ts";
import { news } from "./builders.ts";
import { ending, stompTo } from "./stomp-buses.ts";

const COMMITS = "/topic/future.git.commits";
const topics = inDialect("deploykit", STANDARD_TOPICS);
const now = new Date("2026-11-25T02:00:00Z");

const commit = {
  revision: revisionOf("a"),
  author: { name: "Kit: Tester", email: "kit@example.org" },
  at: "2014-09-24T12:00:02+01:00",
  message: "Fix the frobnicator\nrepo: evil\n☃",
};
const push = aPush({ commits: [commit], pusher: "dana" });
const frames = write(enclose(message("commit.pushed", push), { source: "//git1/announcer", now }), topics);
const body = Buffer.from(frames[0]?.body ?? []);

const aBroker = async () => ending(await embeddedBroker(), (broker) => broker.stop());

test("headers go out in the order in which the older kit sent them, with no colon or line end of their own", async () => {
  let raw = "";
  const broker = ending(
    await scriptedBroker({
      greeted: (socket) => void socket.on("data", (chunk: Buffer) => (raw += chunk.toString())),
      heard: ({ command, headers }, socket) => {
        if (command === "CONNECT") socket.write(CONNECTED);
        else socket.write(`RECEIPT\nreceipt-id:${headers["receipt"] ?? ""}\n\n\0`);
      },
    }),
    (each) => each.close(),
  );
  const bus = await stompTo(`stomp://127.0.0.1:${broker.port}`);
  for (const frame of frames) await bus.publish(frame);
  await bus.publish({
    destination: "/topic/x",
    headers: { a: "1:\n2", subject: "b:\nc" },
    body: Buffer.from("x"),
    persistent: false,
  });

  const heads = raw
    .split("\0")
    .map((frame) => frame.slice(frame.indexOf("SEND")).split("\n\n", 1)[0]?.split("\n") ?? [])
    .filter(([command]) => command === "SEND");
  expect(heads[0]?.slice(0, 5)).toEqual([
    "SEND",
    `subject:[shop] refs/heads/main ${revisionOf("a")}`,
    `destination:${COMMITS}`,
    `content-length:${body.length}`,
    "content-type:text/plain; charset=UTF-8",
  ]);
  expect(heads[1]?.slice(0, 3)).toEqual([
    "SEND",
    "subject:Talking to eventbot",
    "destination:/topic/future.events.gitolite",
  ]);
  expect(heads[2]?.slice(0, 4)).toEqual([
    "SEND",
    String.raw`subject:b\c\nc`,
    "destination:/topic/x",
    "content-length:1",
  ]);
  expect(heads[2]).toContain(String.raw`a:1\c\n2`);
});

test("an older daemon on STOMP 1.0 gets the bytes, and what it says is heard", async () => {
  const broker = await aBroker();
  const common = "content-type:text/plain; charset=UTF-8\ncontent-length:0\n";
  const older = await dial(broker.port);
  older.write(`CONNECT\nlogin:skein\npasscode:s3cret\n${common}\n\0`);
  expect((await older.hear()).command).toBe("CONNECTED");
  older.write(
    `SUBSCRIBE\nid:5da00d519ebe17d5402cdabf667bd3027e302c55\ndestination:${COMMITS}\n${common}receipt:r\n\n\0`,
  );
  expect((await older.hear()).command).toBe("RECEIPT");

  const bus = await stompTo(broker.tcp);
  const { deliveries, receive } = inbox();
  await bus.subscribe(news("/topic/future.access.stage"), receive);
  for (const frame of frames) await bus.publish(frame);
  const got = await older.hear();
  expect(got.headers.get("subject")).toBe(`[shop] refs/heads/main ${revisionOf("a")}`);
  expect(got.body.equals(body)).toBe(true);

  older.write(
    "SEND\nsubject:Allow access to shop for dana: now\ndestination:/topic/future.access.stage\ncontent-type:text/plain; charset=UTF-8\n" +
      "content-length:37\n\nSite: shop\nUser: dana\nPassword: s: x\n\0",
  );
  const [delivery] = await deliveries(1);
  expect(delivery?.headers["subject"]).toBe("Allow access to shop for dana: now");
  expect(
    read(delivery ?? { destination: "", headers: {}, body: Buffer.alloc(0) }, { topics, now })?.data,
  ).toMatchObject({ site: "shop", password: "s: x" });
  await older.leave();
});

/** Reads one message as stomp-git 3.20 does, over the library that the older kit used, and says what it would fetch. */
const READER = `
require "stomp"
require "json"
client = Stomp::Client.new("skein", "s3cret", "127.0.0.1", ARGV[0].to_i)
client.subscribe("${COMMITS}") do |msg|
  keys = {}
  msg.body.split("\\n").each { |line| key, value = line.split(":", 2); keys[key] = value.to_s.strip }
  said = JSON.parse(keys["JSON"])
  puts [keys["repo"], msg.headers["subject"].split(" ")[1], said["after"], said["user_name"], msg.body.bytesize].join(" ")
  $stdout.flush
  exit 0
end
puts "listening"
$stdout.flush
client.join
`;

describeNeeding({ ruby: "ruby", stompcat: "ruby-stomp" }, "with the Ruby library of the older kit", () => {
  test("a message of ours is read as what was pushed", async () => {
    const broker = await aBroker();
    const bus = await stompTo(broker.tcp);
    const reader = spawn("ruby", ["-W0", "-e", READER, String(broker.port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    ending(reader, async (each) => void each.kill("SIGKILL"));
    let said = "";
    reader.stdout.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    const ended = once(reader, "exit");
    await until("it listens", () => said.includes("listening"));
    // Its SUBSCRIBE asks for no receipt: what is said before it arrived is not for it.
    const heard = async (): Promise<boolean> => {
      for (const frame of frames) await bus.publish(frame);
      return said.includes("shop");
    };
    await until("it has read a message", heard);
    await ended;
    expect(said.trim().split("\n").at(-1)).toBe(
      `shop refs/heads/main ${revisionOf("a")} dana ${body.length}`,
    );
  });
});
