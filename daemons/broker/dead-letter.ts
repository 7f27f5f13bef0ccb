import type { Destination } from "./destination.ts";
import type { Letter } from "./mailbox.ts";
import { EXPIRES, type Message } from "./message.ts";

/** One of Skein's codes: the dead letters of its daemons have theirs in the same header. */
const CODE = "MESSAGE_RETURNED";

/** What becomes of a letter that was given back too often: the same message, with where it was meant for and why it is here. */
export function deadLetter({ message, returns }: Letter, destination: Destination, id: string): Message {
  const headers = new Map(message.headers);
  headers.delete(EXPIRES);
  headers.set("original-destination", message.destination.name);
  headers.set("skein-code", CODE);
  headers.set("skein-reason", `it was given back ${returns} times`);
  return { ...message, id, destination, headers };
}
