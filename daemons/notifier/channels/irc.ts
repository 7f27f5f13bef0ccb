import { clean, shortened, uncalling } from "../clean.ts";
import type { Notice, Tone } from "../notice.ts";

const MOST_CHARACTERS = 1_600;

/** Colours of mIRC: green, red. They are ours alone: those of outsiders are control characters, and shown as such. */
const MARKS = { good: "\u000303", bad: "\u000304", plain: "" } as const satisfies Record<Tone, string>;

/** A notice in lines of IRC: its first line in the colour of how things stand. */
export function ircText({ text, tone }: Pick<Notice, "text" | "tone">): string {
  const [first = "", ...others] = uncalling(shortened(clean(text), MOST_CHARACTERS)).split("\n");
  const mark = MARKS[tone];
  return [mark === "" ? first : `${mark}${first}\u000f`, ...others].join("\n");
}
