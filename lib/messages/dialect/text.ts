import { Failure } from "../../failure.ts";
import type { MessageType } from "../catalogue.ts";

/** A text of the older kit, as it came. */
export interface HeardText {
  readonly destination: string;
  /** The older daemons say something only in here; it may be missing. */
  readonly subject: string | undefined;
  readonly text: string;
  /** When it came: the older texts do not tell when they were said. */
  readonly at: string;
}

/** What a text was taken for. Nothing of it is checked yet. */
export interface Taken {
  readonly type: MessageType;
  readonly data: unknown;
}

/** A text for the older kit's daemons. */
export interface WrittenText {
  readonly subject: string;
  readonly body: string;
}

/** One line for people, which the older daemons say beside their messages: `source` is the last word of its topic. */
export interface WrittenLine {
  readonly source: string;
  readonly text: string;
}

/** A commit as a text tells of it. */
export interface ToldCommit {
  readonly revision: string;
  readonly author: string;
  readonly email?: string;
  readonly date: string;
  readonly message: string;
}

/** One of the older kit's text forms. */
export interface TextForm {
  readonly begins: RegExp;
  /** @throws {Failure} MESSAGE_INVALID where it is not what the older daemons write, or cannot be trusted */
  readonly read: (heard: HeardText) => Taken;
}

/** What is thrown at a text that cannot be taken for a message. */
export const refused = (what: string, why: string): Failure =>
  new Failure("MESSAGE_INVALID", `Cannot read ${what}: ${why}`);

const LINE_ENDS = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;

/** Text from outside as one line. */
export const oneLine = (text: string): string => text.replace(LINE_ENDS, " ").replaceAll("\0", "\uFFFD");

/** Text from outside with a blank before each of its lines, whatever ends them: no line of it has a key that a reader looks for. */
export const indented = (text: string): string =>
  ` ${text.replace(LINE_ENDS, "\n ").replaceAll("\0", "\uFFFD")}`;

/** Takes that blank away again, where each line has one. */
export const unindented = (text: string): string =>
  /^(?! )[^]/m.test(text.replace(/^\n/gm, "")) ? text : text.replace(/^ /gm, "");

/** The lines `key: value` that a text begins with, and what follows them. */
export interface KeyLines {
  readonly keys: ReadonlyMap<string, string>;
  readonly rest: string;
}

/**
 * Reads the keys before the first line that is none: an empty one, or one that begins with a blank.
 * @throws {Failure} MESSAGE_INVALID where a key is there twice: one of the two was forged, and nobody can tell which
 */
export function keyLines(text: string, what: string): KeyLines {
  const keys = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const found = text.indexOf("\n", at);
    const end = found === -1 ? text.length : found;
    const [, key, value] = /^([A-Za-z]+): ?([^\n]*?)\r?$/.exec(text.slice(at, end)) ?? [];
    if (key === undefined || value === undefined) break;
    if (keys.has(key)) throw refused(what, `it says ${key} twice`);
    keys.set(key, value);
    at = end + 1;
  }
  return { keys, rest: text.slice(at) };
}
