import { catalogue, message } from "./catalogue.ts";
import {
  destinationOf,
  dialectOf,
  isHeardAt,
  STANDARD_TOPICS,
  type Topics,
  withOlderEvents,
} from "./destinations.ts";
import { writeEvent } from "./dialect/event-line.ts";
import { readText, writeOlder } from "./dialect/older-kit.ts";
import type { WrittenText } from "./dialect/text.ts";
import { CONTENT_TYPE, decode, encode, type Envelope, lineOf } from "./envelope.ts";
import type { Frame, OutgoingFrame } from "./frame.ts";

interface Circumstances {
  readonly topics: Topics;
  /** When it came. */
  readonly now: Date;
}

/**
 * Reads a message in whichever form it is written. Answers undefined for a beat, which means nothing.
 * @throws {Failure} MESSAGE_INVALID or MESSAGE_UNKNOWN
 */
export function read(frame: Frame, { topics, now }: Circumstances): Envelope | undefined {
  if (isBeat(frame)) return undefined;
  if (!isText(frame)) return decode(frame.body);
  const areEvents = [topics, OLDER_EVENTS].some((each) => isHeardAt("event.said", frame.destination, each));
  return readText(frame, now, areEvents);
}

const OLDER_EVENTS = withOlderEvents(STANDARD_TOPICS);

/** The older kit's keepalive sends bare line ends. */
const isBeat = ({ body }: Frame): boolean =>
  body.length <= 2 && body.every((byte) => byte === 10 || byte === 13);

/** An event says that it is one; a text says so too, or says nothing and does not look like JSON. */
function isText({ headers, body }: Frame): boolean {
  const type = headers["content-type"];
  return type === undefined
    ? !/^\s*\{/.test(Buffer.from(body.subarray(0, 64)).toString("latin1"))
    : /^text\//i.test(type);
}

/**
 * Writes a message as its type is written at this site: as one event, or as the older kit's text and line for people.
 * @throws {Failure} DIALECT_LACKS
 */
export function write(envelope: Envelope, topics: Topics): readonly OutgoingFrame[] {
  const destination = destinationOf(envelope, topics);
  const persistent = catalogue[envelope.type].kind !== "news";
  if (dialectOf(envelope.type, topics) === "cloudevents") {
    const headers = { subject: lineOf(envelope), "content-type": CONTENT_TYPE };
    return [{ destination, headers, body: encode(envelope), persistent }];
  }
  const { text, line } = writeOlder(envelope);
  const frames = text === undefined ? [] : [textFrame(destination, text, persistent)];
  if (line === undefined) return frames;
  const event = message("event.said", { ...line, at: envelope.time });
  return [...frames, textFrame(destinationOf(event, withOlderEvents(topics)), writeEvent(line), false)];
}

const textFrame = (
  destination: string,
  { subject, body }: WrittenText,
  persistent: boolean,
): OutgoingFrame => ({
  destination,
  headers: { subject, "content-type": "text/plain; charset=UTF-8" },
  body: Buffer.from(body, "utf8"),
  persistent,
});
