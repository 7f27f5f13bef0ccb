import { afterEach } from "vitest";
import type { Bus } from "../../../lib/bus/bus.ts";
import { connectBus } from "../../../lib/bus/connect.ts";
import type { StompOptions } from "../../../lib/bus/stomp.ts";
import { quietLog } from "../../support/logs.ts";
import { unique } from "./builders.ts";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** Has something ended after the test, the latest first. */
export function ending<Value>(value: Value, end: (value: Value) => Promise<unknown>): Value {
  cleanUps.push(() => end(value));
  return value;
}

/** A STOMP bus that is quick to notice and to try again, and is drained after the test. */
export async function stompTo(address: string, options: Partial<StompOptions> = {}): Promise<Bus> {
  const delays = "initialReconnectDelay=5ms&maxReconnectDelay=40ms";
  const bus = await connectBus({
    address: address.includes("?") ? `${address}&${delays}` : `${address}?${delays}`,
    clientId: unique("client"),
    wait: false,
    log: quietLog,
    patience: 5,
    closeTimeout: 200,
    ...options,
  });
  return ending(bus, () => bus.drain());
}

/** Resolves when a bus has connected anew. */
export const reconnected = (bus: Bus): Promise<void> =>
  new Promise((resolve) => {
    bus.onReconnect(resolve);
  });
