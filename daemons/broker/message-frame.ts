import type { Buffer } from "node:buffer";
import { assemble, headerLines } from "./codec/encode.ts";
import type { Version } from "./codec/frame.ts";
import type { Letter } from "./mailbox.ts";
import type { Message } from "./message.ts";
import type { Subscription } from "./session.ts";

/** What is the same for every subscriber, written once for each version: a message goes to all of them before the next one comes. */
const last: { message: Message | undefined; readonly lines: Map<Version, string> } = {
  message: undefined,
  lines: new Map(),
};

/** The bytes of a MESSAGE (STOMP 1.2 "MESSAGE"): what the broker says, then what the sender said. */
export function messageFrame(
  version: Version,
  subscription: Subscription,
  message: Message,
  letter?: Letter,
): readonly Buffer[] {
  const id = letter?.id ?? message.id;
  const own: [string, string][] = [["message-id", id]];
  if (subscription.labelled) own.push(["subscription", subscription.id]);
  if (subscription.ack !== "auto") own.push(["ack", id]);
  if (letter?.redelivered === true) own.push(["redelivered", "true"]);
  if (letter !== undefined && letter.returns > 0) own.push(["x-delivery-count", String(letter.returns)]);
  return assemble(`MESSAGE\n${headerLines(own, version)}${sharedLines(message, version)}\n`, message.body);
}

function sharedLines(message: Message, version: Version): string {
  if (last.message !== message) {
    last.message = message;
    last.lines.clear();
  }
  const known = last.lines.get(version);
  if (known !== undefined) return known;
  const written = headerLines(
    [
      ["destination", message.destination.name],
      ...message.headers,
      ["content-length", String(message.body.length)],
    ],
    version,
  );
  last.lines.set(version, written);
  return written;
}
