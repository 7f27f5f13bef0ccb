import { afterAll, beforeAll } from "vitest";
import { connectBus } from "../../../lib/bus/connect.ts";
import { memoryHub } from "../../../lib/bus/memory.ts";
import type { TlsSettings } from "../../../lib/bus/stomp/transport.ts";
import { type EmbeddedBroker, embeddedBroker, secureBroker } from "../../support/embedded-broker.ts";
import { faultProxy, type FaultProxy } from "../../support/fault-proxy.ts";
import { quietLog } from "../../support/logs.ts";
import { aBus } from "./contract.ts";

const hub = memoryHub({ patience: 5 });
aBus("the bus in memory", (clientId) =>
  connectBus({ address: "memory:", hub, clientId, wait: false, log: quietLog }),
);

let plain: EmbeddedBroker;
let secure: Awaited<ReturnType<typeof secureBroker>>;
beforeAll(async () => {
  [plain, secure] = await Promise.all([embeddedBroker(), secureBroker()]);
});
afterAll(async () => {
  await Promise.all([plain.stop(), secure.stop()]);
});

const overStomp = (clientId: string, address: string, tls: TlsSettings = {}) =>
  connectBus({ address, clientId, tls, wait: false, patience: 5, log: quietLog });

aBus("STOMP over TCP", (clientId) => overStomp(clientId, plain.tcp));
aBus("STOMP over WebSocket", (clientId) => overStomp(clientId, plain.websocket));
aBus("STOMP over TLS", (clientId) => overStomp(clientId, secure.tcp, { ca: secure.certificate.cert }));
aBus("STOMP over a secure WebSocket", (clientId) =>
  overStomp(clientId, secure.websocket, { ca: secure.certificate.cert }),
);

// What a broker calls itself decides about the dialect. The embedded one understands RabbitMQ's too.
let rabbit: FaultProxy;
beforeAll(async () => {
  const rewrite = (chunk: Buffer): Buffer =>
    Buffer.from(chunk.toString("latin1").replace("server:skein", "server:RabbitMQ"), "latin1");
  rabbit = await faultProxy({ to: plain.port, rewrite });
});
afterAll(() => rabbit.close());
aBus("what calls itself RabbitMQ", (clientId) =>
  overStomp(clientId, `stomp://skein:s3cret@127.0.0.1:${rabbit.port}`),
);

for (const [name, address] of [
  ["RabbitMQ", process.env["SKEIN_TEST_RABBITMQ"]],
  ["ActiveMQ", process.env["SKEIN_TEST_ACTIVEMQ"]],
] as const)
  if (address !== undefined) aBus(name, (clientId) => overStomp(clientId, address));
