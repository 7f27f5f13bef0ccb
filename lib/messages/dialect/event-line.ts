import { oneLine, refused, type TextForm, type WrittenLine, type WrittenText } from "./text.ts";

/** The subject of every line for people: the IRC gateway of the older kit listens for it. */
export const EVENT_SUBJECT = "Talking to eventbot";

const MOST = 2_000;

/** What an older daemon says to people. It is known by its subject, or by its topic. */
export const eventLine: TextForm = {
  begins: /^/,
  read: ({ destination, text, at }) => {
    const said = oneLine(text.replace(/\s+$/, "")).slice(0, MOST);
    if (said === "") throw refused("a line for people", "it is empty");
    return { type: "event.said", data: { source: sourceIn(destination), text: said, at } };
  },
};

/** The last word of a topic says who speaks. */
const sourceIn = (destination: string): string => /[^./]*$/.exec(destination)?.[0].slice(0, 40) || "unknown";

/** A line as the gateway prints it. */
export const writeEvent = ({ text }: Pick<WrittenLine, "text">): WrittenText => ({
  subject: EVENT_SUBJECT,
  body: oneLine(text),
});
