import type { Failure } from "../failure.ts";
import type { Log } from "../log.ts";
import type { BrokerAddresses } from "./address.ts";
import type { Bus } from "./bus.ts";
import { departed } from "./departed.ts";
import { openSpool } from "./spool.ts";
import { openConnection } from "./stomp/connection.ts";
import type { ConnectionOptions } from "./stomp/connection-options.ts";
import { Link } from "./stomp/link.ts";
import { Outbox } from "./stomp/outbox.ts";
import { Subscriptions } from "./stomp/subscriptions.ts";

/** How to talk over STOMP. Times in milliseconds. */
export interface StompOptions extends Partial<ConnectionOptions> {
  readonly addresses: BrokerAddresses;
  /** Who we are to the broker: no two connections share it. */
  readonly clientId: string;
  /** Whether to try until a broker answers; otherwise each is tried once. */
  readonly wait: boolean;
  readonly log: Log;
  /** The folder for what is published while no broker is there. Without one, `publish` waits. */
  readonly spool?: string;
  /** How many bytes the spool may hold. */
  readonly spoolLimit?: number;
  /** How long `publish` waits for a broker where there is no spool. */
  readonly publishTimeout?: number;
  /** How long what was refused twice rests before it is given back. */
  readonly patience?: number;
  /** Is told what will not pass by itself: a login or a subscription that was once good is refused. */
  readonly onFatal?: (why: Failure) => void;
}

const DEFAULTS = {
  heartbeat: 10_000,
  tls: {},
  connectionTimeout: 10_000,
  receiptTimeout: 30_000,
  closeTimeout: 2_000,
  publishTimeout: 60_000,
  patience: 1_000,
  spoolLimit: 256 * 1024 * 1024,
  onFatal: () => undefined,
};

/**
 * A bus over the STOMP brokers of an address.
 * @throws {Failure} BROKER_UNREACHABLE, BROKER_REFUSED, SPOOL_FAILED
 */
export async function stompBus(given: StompOptions): Promise<Bus> {
  const options = { ...DEFAULTS, ...given };
  const { log, patience, spool: folder, spoolLimit: limit } = options;
  const spool = folder === undefined ? undefined : await openSpool({ folder, limit, log });
  const subscriptions = new Subscriptions({ patience, log });
  const outbox = new Outbox({ spool, publishTimeout: options.publishTimeout });
  const listeners: (() => void)[] = [];
  let isFirst = true;

  const link = new Link({
    addresses: options.addresses,
    open: (broker, signal) => openConnection(broker, options, signal),
    up: async (connection) => {
      await subscriptions.online(connection);
      outbox.online(connection);
      if (!isFirst) for (const listener of listeners) listener();
      isFirst = false;
    },
    down: (why) => {
      subscriptions.offline();
      outbox.offline(why);
    },
    fatal: options.onFatal,
    goodAfter: options.heartbeat,
    log,
  });
  await link.connect(options.wait);
  return busOver(link, subscriptions, listeners, {
    publish: (outgoing) => outbox.publish(outgoing),
    drain: () => outbox.drain(options.closeTimeout),
  });
}

function busOver(
  link: Link,
  subscriptions: Subscriptions,
  listeners: (() => void)[],
  outbox: Pick<Bus, "publish" | "drain">,
): Bus {
  let state: "open" | "draining" | "left" = "open";
  let drained: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    state = "draining";
    await subscriptions.drain(departed("subscribe"));
    state = "left";
    await outbox.drain();
    await link.close();
  };
  return {
    publish: async (outgoing) => {
      if (state === "left") throw departed(`publish to ${outgoing.destination}`);
      await outbox.publish(outgoing);
    },
    subscribe: async (interest, receive) => {
      if (state !== "open") throw departed(`subscribe to ${interest.destination}`);
      return subscriptions.add(interest, receive);
    },
    onReconnect: (listener) => void listeners.push(listener),
    drain: () => (drained ??= drain()),
  };
}
