import { type Broker, type BrokerOptions, startBroker } from "../../daemons/broker/server.ts";
import { type Certificate, selfSigned } from "./certificate.ts";

/** A broker of a test, with one login that may do everything. */
export interface EmbeddedBroker {
  readonly port: number;
  readonly tcp: string;
  readonly websocket: string;
  readonly stop: () => Promise<void>;
}

const CREDENTIALS = "skein:s3cret";

/** Starts the embedded broker on ports of its own, or on one that a test knows already. */
export async function embeddedBroker(
  options: Partial<BrokerOptions> & { readonly port?: number } = {},
): Promise<EmbeddedBroker> {
  const { port = 0, ...others } = options;
  const broker = await startBroker({
    listen: { tcp: { host: "127.0.0.1", port }, websocket: { host: "127.0.0.1", port: 0 } },
    logins: new Map([["skein", "s3cret"]]),
    permits: () => true,
    ...others,
  });
  return told(broker, "stomp", "ws");
}

/** Starts the embedded broker with TLS, by a certificate for 127.0.0.1 that nobody else trusts. */
export async function secureBroker(): Promise<EmbeddedBroker & { readonly certificate: Certificate }> {
  const certificate = await selfSigned();
  const listen = { host: "127.0.0.1", port: 0, tls: certificate };
  const broker = await startBroker({
    listen: { tcp: listen, websocket: listen },
    logins: new Map([["skein", "s3cret"]]),
    permits: () => true,
  });
  return { ...told(broker, "stomp+ssl", "wss"), certificate };
}

function told(broker: Broker, tcp: string, websocket: string): EmbeddedBroker {
  const { addresses } = broker;
  const port = addresses.tcp?.port ?? 0;
  return {
    port,
    tcp: `${tcp}://${CREDENTIALS}@127.0.0.1:${port}`,
    websocket: `${websocket}://${CREDENTIALS}@127.0.0.1:${addresses.websocket?.port}`,
    stop: () => broker.stop(),
  };
}
