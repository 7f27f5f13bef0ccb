import { expect, test } from "vitest";
import { aBroker } from "./support/broker.ts";

test("the oldest client: no version, no host, no subscription id, ACK by message-id", async () => {
  const broker = await aBroker();
  const client = await broker.dial();
  client.write("CONNECT\nlogin:ann\npasscode:secret\n\n\0");
  expect((await client.hear()).headers.get("version")).toBe("1.0");
  await client.told("SUBSCRIBE", { destination: "/queue/a", ack: "client" });
  await client.told("SEND", { destination: "/queue/a" }, "hello");
  const message = await client.hear();
  expect(message.headers.has("subscription")).toBe(false);
  await client.told("ACK", { "message-id": message.headers.get("message-id") ?? "" });
  await client.told("DISCONNECT");
  await client.ended();
});

test("ruby-stomp: content-length and content-type on every frame, a header at a time", async () => {
  const broker = await aBroker();
  const client = await broker.dial();
  const common = "content-length:0\ncontent-type:text/plain; charset=UTF-8\n";
  const frames = `CONNECT\nlogin:ann\npasscode:secret\n${common}\n\0SUBSCRIBE\ndestination:/queue/a\nid:1\n${common}\n\0`;
  for (const line of frames.split(/(?<=\n)/)) {
    client.write(line);
    await new Promise(setImmediate);
  }
  expect((await client.hear()).command).toBe("CONNECTED");
  client.write(
    `SEND\ndestination:/queue/a\ncontent-length:2\ncontent-type:text/plain; charset=UTF-8\n\nhi\0\n`,
  );
  client.write(`DISCONNECT\n${common}\n\0`);
  expect(await client.bodies(1)).toEqual(["hi"]);
  await client.ended();
});

test("python3-stomp: the command STOMP, with its headers escaped", async () => {
  const broker = await aBroker({ logins: new Map([["ann", "a:b\\c"]]) });
  const client = await broker.dial();
  client.write(
    "STOMP\naccept-version:1.1\nhost:localhost\nlogin:ann\npasscode:a\\cb\\\\c\nheart-beat:4000,4000\n\n\0",
  );
  const connected = await client.hear();
  expect(connected.command).toBe("CONNECTED");
  expect(connected.headers.get("heart-beat")).toBe("4000,4000");
});

test("a header is written to each subscriber as its version says", async () => {
  const broker = await aBroker();
  const raw: string[] = [];
  for (const version of ["1.0", "1.1", "1.2"]) {
    const client = await broker.client({ "accept-version": version });
    client.socket.on("data", (chunk: Buffer) => raw.push(chunk.toString()));
    await client.told("SUBSCRIBE", { id: "1", destination: "/topic/a" });
  }
  const sender = await broker.client();
  raw.length = 0;
  await sender.told("SEND", { destination: "/topic/a", text: "a\\cb\\\\c\\nforged\\c1" });
  while (raw.length < 3) await new Promise(setImmediate);
  expect(raw.map((text) => /^text:.*$/m.exec(text)?.[0])).toEqual([
    "text:a:b\\c forged:1",
    String.raw`text:a\cb\\c\nforged\c1`,
    String.raw`text:a\cb\\c\nforged\c1`,
  ]);
});

test("frames may come all at once, CONNECT and DISCONNECT among them", async () => {
  const broker = await aBroker();
  const client = await broker.dial();
  client.write(
    "CONNECT\naccept-version:1.2\nhost:/\nlogin:ann\npasscode:secret\n\n\0" +
      "SUBSCRIBE\nid:1\ndestination:/queue/a\n\n\0SEND\ndestination:/queue/a\nx:\\\\\n\nhi\0DISCONNECT\nreceipt:r\n\n\0",
  );
  const heard = [await client.hear(), await client.hear(), await client.hear()];
  expect(heard.map(({ command }) => command)).toEqual(["CONNECTED", "MESSAGE", "RECEIPT"]);
  expect(heard[1]?.headers.get("x")).toBe("\\");
  await client.ended();
});
