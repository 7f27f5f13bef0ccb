import type { Frame } from "../codec/frame.ts";
import { type Destination, readDestination } from "../destination.ts";
import { durableName } from "../durable.ts";
import { required } from "../headers.ts";
import { ProtocolError, quoted } from "../protocol-error.ts";
import { type AckMode, ackModes, type Command, type Connected, type Subscription } from "../session.ts";

/** STOMP 1.2 "SUBSCRIBE": the id must be unique within the connection. */
export const subscribe: Command = (session, frame, { permits, limits }) => {
  const destination = readDestination(required(frame, "destination"));
  const subscription = subscriptionOf(session, frame, destination);
  const { id } = subscription;
  if (session.subscriptions.has(id)) throw new ProtocolError(`subscription ${quoted(id)} is open`);
  if (session.subscriptions.size >= limits.subscriptions) {
    throw new ProtocolError(`more than ${limits.subscriptions} subscriptions`);
  }
  if (!permits(session.login, "subscribe", destination.name)) {
    throw new ProtocolError(`${session.login} may not subscribe to ${destination.name}`);
  }
  const subscriptions = new Map(session.subscriptions).set(id, subscription);
  return {
    session: { ...session, subscriptions },
    effects: [{ do: "subscribe", subscription }],
    answers: [],
  };
};

function subscriptionOf(session: Connected, frame: Frame, destination: Destination): Subscription {
  if (destination.kind === "queue" && destination.pattern) {
    throw new ProtocolError(`queues have no patterns: ${destination.name}`);
  }
  // Taken without a word, a selector would hand out messages that its subscriber did not ask for.
  if (frame.headers.has("selector")) throw new ProtocolError("selectors are not supported");
  const durable = destination.kind === "topic" ? durableName(session, frame) : undefined;
  return {
    id: session.version === "1.0" ? (frame.headers.get("id") ?? destination.name) : required(frame, "id"),
    labelled: frame.headers.has("id"),
    destination,
    ack: ackModeOf(frame),
    prefetch: prefetchOf(frame),
    durable,
  };
}

/** STOMP 1.2 "SUBSCRIBE ack Header". */
function ackModeOf({ headers }: Frame): AckMode {
  const asked = headers.get("ack") ?? "auto";
  const mode = ackModes.find((each) => each === asked);
  if (mode === undefined) throw new ProtocolError(`ack is one of ${ackModes.join(", ")}`);
  return mode;
}

/** In RabbitMQ's form or in ActiveMQ's; none, and 0, is no bound. */
function prefetchOf({ headers }: Frame): number {
  const asked = headers.get("prefetch-count") ?? headers.get("activemq.prefetchSize") ?? "0";
  if (!/^\d{1,9}$/.test(asked)) throw new ProtocolError("the prefetch is not a number");
  return Number(asked) || Number.POSITIVE_INFINITY;
}
