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

// What a broker calls itself decides about the dialect. The embedded one understands them all, as long as nobody relies
// on what it does differently: so the dialects can be tried where those brokers are not at hand.
for (const server of ["ActiveMQ/5.17.2", "RabbitMQ/3.10.8"]) {
  let proxy: FaultProxy;
  beforeAll(async () => {
    const rewrite = (chunk: Buffer) =>
      Buffer.from(chunk.toString("latin1").replace(/(?<=^CONNECTED\n(.+\n)*server:).*/, server), "latin1");
    proxy = await faultProxy({ to: plain.port, rewrite });
  });
  afterAll(() => proxy.close());
  aBus(`what calls itself ${server}`, (clientId) =>
    overStomp(clientId, `stomp://skein:s3cret@127.0.0.1:${proxy.port}`),
  );
}

for (const [name, address] of [
  ["RabbitMQ", process.env["SKEIN_TEST_RABBITMQ"]],
  ["ActiveMQ", process.env["SKEIN_TEST_ACTIVEMQ"]],
] as const)
  if (address !== undefined) aBus(name, (clientId) => overStomp(clientId, address));
