import type { Commit } from "../../messages/catalogue/commits.ts";
import { revision } from "../../schema/names.ts";

const FIELDS = ["%H", "%an", "%ae", "%ct", "%B"] as const;

/** What `git log -z` prints: fields and commits are divided by NUL, which no commit can hold; never by lines, which it can. */
export const LOG_FORMAT = `--format=tformat:${FIELDS.join("%x00")}`;

/** As much is told of a commit's message, and of a name. */
export const MOST_MESSAGE = 4_096;
export const MOST_NAME = 300;
/** The last instant that an ISO 8601 date of four digits can tell, in seconds since 1970: commits may claim any. */
const LATEST = 253_402_300_799;

/** Reads what `git log` printed. Text that is not UTF-8 is read as well as it can be. */
export function parseLog(printed: Buffer): Commit[] {
  const fields = printed.toString("utf8").split("\0");
  const commits: Commit[] = [];
  for (let at = 0; at + FIELDS.length <= fields.length; at += FIELDS.length) {
    const [id = "", name = "", email = "", time = "", message = ""] = fields.slice(at, at + FIELDS.length);
    const known = revision.safeParse(id);
    if (!known.success) continue;
    const seconds = Math.min(Math.max(0, Number(time) || 0), LATEST);
    commits.push({
      revision: known.data,
      author: { name: cut(name, MOST_NAME), email: cut(email, MOST_NAME) },
      at: new Date(seconds * 1_000).toISOString(),
      message: cut(message.trimEnd(), MOST_MESSAGE),
    });
  }
  return commits;
}

/** The beginning of a text, not ending within a character. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, "");
