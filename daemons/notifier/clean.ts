import { safeText } from "../../lib/safe-text.ts";

/** Text for people, of which outsiders may have written any part: its lines stay, all else that is no letter is shown as its escape. */
export const clean = (text: string): string =>
  text.replace(/\r\n?/g, "\n").split("\n").map(safeText).join("\n");

/** The same, in one line. */
export const cleanLine = (text: string): string => safeText(text.replace(/\s+/g, " ").trim());

/** Text of at most so many characters; what was cut shows. */
export const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text;
  // Half a surrogate pair is no character.
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
};

/** Names that call everybody, written so that they call nobody: chat servers look for them in plain text, too. */
export const uncalling = (text: string): string =>
  text.replace(/@(?=(all|channel|everyone|group|here|room)\b)/gi, "＠");
