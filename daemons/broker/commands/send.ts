import type { Frame } from "../codec/frame.ts";
import { readDestination } from "../destination.ts";
import { required } from "../headers.ts";
import type { Message } from "../message.ts";
import { ProtocolError } from "../protocol-error.ts";
import type { Command } from "../session.ts";
import { within } from "../transaction.ts";

/** What the broker says itself in each MESSAGE, or what was meant for the broker alone. */
const NOT_PASSED_ON = [
  "destination",
  "receipt",
  "transaction",
  "content-length",
  "message-id",
  "subscription",
  "ack",
  "redelivered",
] as const;

/** STOMP 1.2 "SEND". */
export const send: Command = (session, frame, rules) => {
  const message = messageOf(frame, rules.newId());
  const { name, pattern } = message.destination;
  if (pattern) throw new ProtocolError(`a message cannot be sent to the pattern ${name}`);
  if (!rules.permits(session.login, "send", name)) {
    throw new ProtocolError(`${session.login} may not send to ${name}`);
  }
  return within(session, frame, { do: "send", message }, rules);
};

function messageOf(frame: Frame, id: string): Message {
  const headers = new Map(frame.headers);
  for (const name of NOT_PASSED_ON) headers.delete(name);
  return {
    id,
    destination: readDestination(required(frame, "destination")),
    headers,
    body: frame.body,
    persistent: frame.headers.get("persistent") === "true",
  };
}
