import { clean, shortened, uncalling } from "../clean.ts";
import type { Notice, Tone } from "../notice.ts";

/** An event may have 65,536 bytes; every character may take four, twice. */
const MOST_CHARACTERS = 6_000;

const COLOURS = { good: "#1a7f37", bad: "#cf222e", plain: undefined } as const satisfies Record<
  Tone,
  string | undefined
>;

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML that shows it as it is. */
export const htmlText = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => HTML[character] ?? "");

/** An event of type `m.room.message` (client-server API, 11.2.1); a notice, which no bot answers. It calls nobody. */
export function matrixEvent({
  text,
  tone,
}: Pick<Notice, "text" | "tone">): Readonly<Record<string, unknown>> {
  const body = uncalling(shortened(clean(text), MOST_CHARACTERS));
  const html = htmlText(body).replaceAll("\n", "<br>");
  const colour = COLOURS[tone];
  return {
    msgtype: "m.notice",
    body,
    format: "org.matrix.custom.html",
    formatted_body: colour === undefined ? html : `<span data-mx-color="${colour}">${html}</span>`,
    "m.mentions": {},
  };
}
