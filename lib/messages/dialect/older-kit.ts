import { createHash } from "node:crypto";
import { Failure } from "../../failure.ts";
import type { Data, Message, MessageType } from "../catalogue.ts";
import { type Envelope, parseData } from "../envelope.ts";
import type { Frame } from "../frame.ts";
import { accessText } from "./access-text.ts";
import { buildLine, buildText, writeBuild } from "./build-text.ts";
import { commitLine, commitText, writeCommit } from "./commit-text.ts";
import { EVENT_SUBJECT, eventLine, writeEvent } from "./event-line.ts";
import { packageLine, packageText, writePackage } from "./package-text.ts";
import { refused, type TextForm, type WrittenLine, type WrittenText } from "./text.ts";

/** Texts that are told by their first word. */
const FORMS: readonly TextForm[] = [commitText, buildText, packageText, accessText];

/** More of a text is not looked at: it would be the end of a commit message. */
const MOST_TEXT = 256 * 1024;

/**
 * Takes a text of the older kit for a message. Its id is derived from the text, so that a repeat has the same one; its time is
 * when it came.
 * @param areEvents whether its topic is one of lines for people
 * @throws {Failure} MESSAGE_INVALID
 */
export function readText(frame: Frame, now: Date, areEvents: boolean): Envelope {
  const { destination, headers, body } = frame;
  // RabbitMQ writes `\c` for a colon even to those who do not know it.
  const subject = headers["subject"]?.replaceAll("\\c", ":");
  const text = textOf(body);
  const at = now.toISOString();
  const form =
    areEvents || subject === EVENT_SUBJECT ? eventLine : FORMS.find(({ begins }) => begins.test(text));
  if (form === undefined) throw refused("a text", "it is none that a daemon of the older kit writes");
  const { type, data } = form.read({ destination, subject, text, at });
  const id = createHash("sha256")
    .update(JSON.stringify(["deploykit", destination, subject ?? ""]))
    .update(body)
    .digest("hex")
    .slice(0, 32);
  return {
    id,
    source: `//deploykit${destination.startsWith("/") ? "" : "/"}${destination}`.slice(0, 400),
    type,
    time: at,
    correlation: id,
    data: parseData(type, data),
  } as Envelope;
}

/** The older hooks say UTF-8 of everything, and send a commit as it is: what is no UTF-8 was Latin-1 when it was written. */
function textOf(body: Uint8Array): string {
  const beginning = body.subarray(0, MOST_TEXT);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(beginning, { stream: true });
  } catch {
    return Buffer.from(beginning).toString("latin1");
  }
}

/** What a type of message is in the older kit: a text, and the line that is said beside it. */
interface OlderWords<Type extends MessageType> {
  readonly text: (data: Data<Type>) => WrittenText | undefined;
  readonly line?: (data: Data<Type>) => WrittenLine;
}

const WORDS: { readonly [Type in MessageType]?: OlderWords<Type> } = {
  "commit.pushed": { text: writeCommit, line: commitLine },
  "build.started": { text: writeBuild, line: buildLine },
  "build.finished": { text: writeBuild, line: buildLine },
  "package.published": { text: writePackage, line: packageLine },
  "event.said": { text: writeEvent },
};

/**
 * Writes a message as the older kit would.
 * @throws {Failure} DIALECT_LACKS where it has no such message
 */
export function writeOlder({ type, data }: Message): {
  readonly text: WrittenText | undefined;
  readonly line: WrittenLine | undefined;
} {
  const words = WORDS[type];
  if (words === undefined)
    throw new Failure("DIALECT_LACKS", `Cannot write a ${type} for the older kit: it has no such message`);
  const text = words.text as (data: unknown) => WrittenText | undefined;
  const line = words.line as ((data: unknown) => WrittenLine) | undefined;
  return { text: text(data), line: line?.(data) };
}
