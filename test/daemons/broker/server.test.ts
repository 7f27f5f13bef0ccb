import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { Client as StompClient, type IMessage } from "@stomp/stompjs";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startBroker } from "../../../daemons/broker/server.ts";
import { SERVER } from "../../../daemons/broker/version.ts";
import { aBroker, afterwards, LOGINS } from "./support/broker.ts";
import { Client, dial } from "./support/client.ts";

const loopback = { host: "127.0.0.1", port: 0 };

test("the broker calls itself by the version of its package", () => {
  const [, version] = /"version": "(.*)"/.exec(readFileSync("package.json", "utf8")) ?? [];
  expect(SERVER).toBe(`skein/${version}`);
});

test.each(["0.0.0.0", "::", "192.168.1.1", "example.com"])("%s is refused without TLS", async (host) => {
  for (const kind of ["tcp", "websocket"]) {
    const starting = startBroker({
      listen: { [kind]: { host, port: 0 } },
      logins: LOGINS,
      permits: () => true,
    });
    await expect(starting).rejects.toMatchObject({ code: "LISTEN_REFUSED" });
  }
});

test("a port that is taken is named, and nothing stays open", async () => {
  const broker = await aBroker();
  const listen = { tcp: loopback, websocket: { ...loopback, port: broker.port } };
  const starting = startBroker({ listen, logins: LOGINS, permits: () => true });
  await expect(starting).rejects.toMatchObject({
    code: "LISTEN_FAILED",
    message: `Cannot listen on 127.0.0.1:${broker.port}: another process has this port`,
  });
});

test("a stopped broker answers what it took, closes all connections, and frees its port", async () => {
  const broker = await aBroker();
  const client = await broker.subscriber("/queue/a", { ack: "client" });
  client.say("SEND", { destination: "/queue/a", receipt: "r" });
  await client.hear();
  await broker.broker.stop();
  await client.ended();
  expect(client.unasked.map(({ command }) => command)).toEqual(["RECEIPT"]);
  const again = await startBroker({
    listen: { tcp: { ...loopback, port: broker.port } },
    logins: LOGINS,
    permits: () => true,
  });
  await again.stop();
});

test("a client that does not close its side does not keep the broker from stopping", async () => {
  const broker = await aBroker();
  const client = await broker.client();
  client.socket.pause();
  client.socket.allowHalfOpen = true;
  await expect(broker.broker.stop()).resolves.toBeUndefined();
});

describe("WebSocket", () => {
  const overWebSocket = async () => {
    const broker = await aBroker({ listen: { tcp: loopback, websocket: loopback } });
    return { broker, url: `ws://127.0.0.1:${broker.broker.addresses.websocket?.port}` };
  };

  async function stompClient(url: string): Promise<StompClient> {
    const client = new StompClient({
      webSocketFactory: () => new WebSocket(url, ["v12.stomp"]),
      connectHeaders: { login: "ann", passcode: "secret" },
      reconnectDelay: 0,
    });
    afterwards(() => client.deactivate());
    await new Promise<void>((resolve, reject) => {
      client.onConnect = () => resolve();
      client.onStompError = ({ headers }) => reject(new Error(headers["message"]));
      client.activate();
    });
    return client;
  }

  test("stompjs sends, subscribes, acknowledges, and shares topics with clients over TCP", async () => {
    const { broker, url } = await overWebSocket();
    const client = await stompClient(url);
    const messages: IMessage[] = [];
    const heard = new Promise<void>((resolve) => {
      client.subscribe(
        "/queue/a",
        (message) => {
          messages.push(message);
          message.ack();
          if (messages.length === 3) resolve();
        },
        { ack: "client-individual", "prefetch-count": "1" },
      );
    });
    const tcp = await broker.client();
    for (const body of ["1", "2"]) await tcp.told("SEND", { destination: "/queue/a" }, body);
    const receipt = new Promise<void>((resolve) => client.watchForReceipt("r", () => resolve()));
    const binaryBody = new Uint8Array([0, 255, 1]);
    client.publish({ destination: "/queue/a", binaryBody, headers: { receipt: "r" } });
    await Promise.all([receipt, heard]);
    expect(messages.map(({ binaryBody }) => [...binaryBody])).toEqual([[49], [50], [0, 255, 1]]);
    expect(client.connectedVersion).toBe("1.2");
  });

  test("frames do not depend on where WebSocket messages begin and end", async () => {
    const { url } = await overWebSocket();
    const socket = new WebSocket(url);
    await once(socket, "open");
    for (const byte of "CONNECT\nlogin:ann\npasscode:secret\n\n\0") socket.send(byte);
    const heard = await once(socket, "message");
    expect(String(heard[0])).toMatch(/^CONNECTED\n/);
    socket.close();
    await once(socket, "close");
  });

  test("a message larger than any frames may be closes the connection", async () => {
    const { broker, url } = await overWebSocket();
    const socket = new WebSocket(url);
    await once(socket, "open");
    socket.on("error", () => undefined);
    socket.send(Buffer.alloc(10 * 1024 * 1024));
    await once(socket, "close");
    await expect(broker.client()).resolves.toBeDefined();
  });

  test("a subscriber that does not read is disconnected here too", async () => {
    const { broker, url } = await overWebSocket();
    const socket = new WebSocket(url);
    await once(socket, "open");
    socket.send(
      "CONNECT\nlogin:ann\npasscode:secret\n\n\0SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:r\n\n\0",
    );
    await once(socket, "message");
    socket.pause();
    const sender = await broker.client();
    while (!broker.log.entries.some(({ event }) => event === "client.cut")) {
      await sender.told("SEND", { destination: "/topic/a" }, "x".repeat(900_000));
    }
    socket.terminate();
    await once(socket, "close");
    expect(sender.unasked).toEqual([]);
  });

  test("a browser that comes without WebSocket is told so, and one that says nothing is disconnected", async () => {
    const broker = await aBroker({ listen: { websocket: loopback }, limits: { connectDeadline: 50 } });
    const port = broker.broker.addresses.websocket?.port ?? 0;
    const status = await new Promise((resolve) => {
      request({ port }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(426);
    const silent = await dial(port);
    await silent.ended();
  });
});

describe("TLS", () => {
  async function certificate(): Promise<{ cert: string; key: string }> {
    const folder = await mkdtemp(join(tmpdir(), "skein-tls-"));
    afterwards(() => rm(folder, { recursive: true }));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", cert, ...subject], {
      stdio: "ignore",
    });
    return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
  }

  test("with a certificate the broker listens wherever it is told to, over TCP and WebSocket", async () => {
    const tls = await certificate();
    const open = { host: "0.0.0.0", port: 0, tls };
    const broker = await aBroker({ listen: { tcp: open, websocket: open } });
    const socket = connectTls({
      port: broker.port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: tls.cert,
    });
    await once(socket, "secureConnect");
    const client = new Client(socket);
    client.say("CONNECT", { "accept-version": "1.2", host: "/", login: "ann", passcode: "secret" });
    expect((await client.hear()).command).toBe("CONNECTED");
    await client.told("SUBSCRIBE", { id: "1", destination: "/topic/a" });

    const url = `wss://localhost:${broker.broker.addresses.websocket?.port}`;
    const webSocket = new WebSocket(url, { ca: tls.cert });
    await once(webSocket, "open");
    webSocket.send("CONNECT\nlogin:ann\npasscode:secret\n\n\0SEND\ndestination:/topic/a\n\nhi\0");
    expect(await client.bodies(1)).toEqual(["hi"]);
    webSocket.close();
    await once(webSocket, "close");
    await client.leave();
  });

  test("a client that speaks in the clear to a TLS listener is disconnected", async () => {
    const broker = await aBroker({ listen: { tcp: { ...loopback, tls: await certificate() } } });
    const client = await broker.dial();
    client.say("CONNECT", { login: "ann", passcode: "secret" });
    expect(await client.hearOrEnd()).toBeUndefined();
  });
});
