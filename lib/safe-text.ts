/** Characters that move a cursor, hide text or turn its direction: controls (C0, C1), line separators, bidi marks. */
// oxlint-disable-next-line no-control-regex
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Text from outside, made safe for a terminal or a line of a log: what could harm is shown as its escape. */
export function safeText(text: string): string {
  return text.replace(
    HARMFUL,
    (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, "0")}`,
  );
}
