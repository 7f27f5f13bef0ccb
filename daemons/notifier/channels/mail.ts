import type { Letter } from "../../../lib/effects/notify/mail.ts";
import { clean, cleanLine, shortened } from "../clean.ts";
import { type Notice, titleOf } from "../notice.ts";
import { webUrl } from "./report.ts";

const MOST_SUBJECT = 180;
const MOST_TEXT = 50_000;

const SHOWN = ["repository", "app", "environment", "ref", "revision", "outcome", "host", "by"] as const;

/** A notice as a letter: the first line is the subject, and a line end in it ends nothing. */
export function letterOf(notice: Notice, prefix: string): Letter {
  const { id, type, time, correlation, text, about } = notice;
  const facts = SHOWN.flatMap((name) => {
    const value = about[name];
    return value === undefined ? [] : [`${`${name}:`.padEnd(13)}${cleanLine(value)}`];
  });
  const url = webUrl(about.url);
  const more = url === undefined ? facts : [...facts, `${"url:".padEnd(13)}${url}`];
  return {
    id: digits(id),
    thread: digits(correlation),
    date: new Date(time),
    subject: shortened(cleanLine(`${prefix}${titleOf(notice)}`), MOST_SUBJECT),
    text: [
      shortened(clean(text), MOST_TEXT),
      ...(more.length === 0 ? [] : ["", ...more]),
      "",
      "-- ",
      `${cleanLine(type)} at ${cleanLine(time)}`,
      "",
    ].join("\n"),
  };
}

/** What may stand in the id of a letter: ids of messages from elsewhere may hold anything. */
const digits = (id: string): string => id.replace(/[^A-Za-z0-9._-]/g, "").slice(0, 100) || "skein";
