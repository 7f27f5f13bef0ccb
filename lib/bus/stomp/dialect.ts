import { createHash } from "node:crypto";
import type { Interest } from "../bus.ts";
import { isQueue, withRest } from "../wildcards.ts";

/** In what the brokers differ. */
export interface Dialect {
  /** What ends a pattern for any number of words. */
  readonly rest: ">" | "#";
  /** Whether a NACK gives a delivery back; otherwise the broker takes it out of the way at once. */
  readonly nackGivesBack: boolean;
  /**
   * What becomes of a delivery that is not answered when its subscription ends. The broker gives it back itself; or it
   * can still be answered; or it is stuck until the connection ends too.
   */
  readonly unanswered: "given-back" | "answerable" | "stuck";
}

const EMBEDDED: Dialect = { rest: ">", nackGivesBack: true, unanswered: "answerable" };
const RABBITMQ: Dialect = { rest: "#", nackGivesBack: true, unanswered: "stuck" };
const ACTIVEMQ: Dialect = { rest: ">", nackGivesBack: false, unanswered: "given-back" };
const UNKNOWN: Dialect = { rest: ">", nackGivesBack: true, unanswered: "stuck" };

/** The dialect of a broker, by the `server` header of its CONNECTED. */
export function dialectOf(server = ""): Dialect {
  if (/^skein\b/i.test(server)) return EMBEDDED;
  if (/^rabbitmq/i.test(server)) return RABBITMQ;
  return /^(apache-)?activemq/i.test(server) ? ACTIVEMQ : UNKNOWN;
}

/** Durable news may wait here for its receiver, so that each need not cross the network in turn. Work must not: others are free. */
const DURABLE_AHEAD = 64;

/** The destination of an interest as a broker writes it. */
export const destinationIn = ({ rest }: Dialect, { destination }: Interest): string =>
  withRest(destination, rest);

/** The headers of SUBSCRIBE in the form that all brokers understand. */
export function subscribeHeaders(interest: Interest): Readonly<Record<string, string>> {
  const { kind, destination, concurrency } = interest;
  const isWork = isQueue(destination);
  if (kind === "news") return { ack: "auto", ...(isWork ? {} : { exclusive: "true" }) };
  const ahead = String(isWork ? concurrency : Math.max(DURABLE_AHEAD, concurrency));
  const common = { ack: "client-individual", "prefetch-count": ahead, "activemq.prefetchSize": ahead };
  if (isWork) return common;
  if (kind !== "durable") return { ...common, exclusive: "true" };
  const name = durableName(interest);
  return {
    ...common,
    durable: "true",
    "auto-delete": "false",
    exclusive: "false",
    "activemq.subscriptionName": name,
    "x-queue-name": name,
  };
}

/** A durable name is one queue at the broker: one for each topic that its owner listens to. */
export function durableName({ name, destination }: Interest): string {
  const words = destination
    .replace(/^\/topic\//, "")
    .replaceAll("*", "any")
    .replace(/[>#]$/, "all");
  const whole = `${name}.${words}`;
  if (whole.length <= MOST_NAME) return whole;
  const digest = createHash("sha256").update(whole).digest("hex").slice(0, 16);
  return `${whole.slice(0, MOST_NAME - digest.length - 1)}.${digest}`;
}

/** RabbitMQ takes 255 bytes. */
const MOST_NAME = 200;
