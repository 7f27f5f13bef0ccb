import type { Frame } from "../codec/frame.ts";
import { readDestination } from "../destination.ts";
import { required } from "../headers.ts";
import { EXPIRES, type Message } from "../message.ts";
import { ProtocolError } from "../protocol-error.ts";
import type { Command, Rules } from "../session.ts";
import { within } from "../transaction.ts";

/** What the broker says itself in each MESSAGE, or what was meant for the broker alone. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  "destination",
  "receipt",
  "transaction",
  "content-length",
  "message-id",
  "subscription",
  "ack",
  "redelivered",
]);

/** STOMP 1.2 "SEND". */
export const send: Command = (session, frame, rules) => {
  const message = messageOf(frame, rules);
  const { name, pattern } = message.destination;
  if (pattern) throw new ProtocolError(`a message cannot be sent to the pattern ${name}`);
  if (!rules.permits(session.login, "send", name)) {
    throw new ProtocolError(`${session.login} may not send to ${name}`);
  }
  return within(session, frame, { do: "send", message }, rules);
};

function messageOf(frame: Frame, { newId, now }: Rules): Message {
  const headers = new Map<string, string>();
  for (const [name, value] of frame.headers) if (!NOT_PASSED_ON.has(name)) headers.set(name, value);
  const expires = expiryOf(frame, now());
  if (expires !== undefined) headers.set(EXPIRES, expires);
  return {
    id: newId(),
    destination: readDestination(required(frame, "destination")),
    headers,
    body: frame.body,
    persistent: frame.headers.get("persistent") === "true",
  };
}

/** In ActiveMQ's form (`expires`, a moment) or in RabbitMQ's (`expiration`, a time from now), each in milliseconds. */
function expiryOf({ headers }: Frame, now: number): string | undefined {
  const [at, after] = [headers.get(EXPIRES), headers.get("expiration")];
  for (const said of [at, after])
    if (said !== undefined && !/^\d{1,15}$/.test(said))
      throw new ProtocolError("the time of a message's life is not a number of milliseconds");
  return at ?? (after === undefined ? undefined : String(Math.ceil(now) + Number(after)));
}
