import type { Dict, SecretValue, Value } from "../value.ts";
import { floatText } from "./numbers.ts";

/** How a secret is written: shown as what it is not, or, in the files of an app, as what it is. */
export type Reveal = (secret: SecretValue) => string;

/** What anybody sees of a secret. */
export const HIDDEN: Reveal = () => "***";

/** JSON as yoconfigurator wrote it: 4 blanks, keys in their order, ASCII only, no line end. */
export const jsonOf = (whole: Dict, reveal: Reveal): string => textOf(whole, reveal, "\n");

/** The same in one line. */
export const jsonLineOf = (value: Value, reveal: Reveal): string => textOf(value, reveal, undefined);

function textOf(value: Value, reveal: Reveal, end: string | undefined): string {
  switch (value.kind) {
    case "null":
      return "null";
    case "bool":
    case "int":
      return String(value.value);
    case "float":
      return floatText(value.value);
    case "str":
      return quoted(value.value);
    case "secret":
      return quoted(reveal(value));
    case "missing":
      // As yoconfigurator shows it to whoever looks for what is missing; nothing that holds one is ever written.
      return quoted("### MISSING VALUE ###");
    case "deleted":
      return quoted("### DELETED VALUE ###");
    case "list":
      return enclosed("[", "]", value.items, end, (item, inner) => textOf(item, reveal, inner));
    case "dict":
      return enclosed(
        "{",
        "}",
        [...value.entries],
        end,
        ([key, each], inner) => `${quoted(key)}: ${textOf(each, reveal, inner)}`,
      );
  }
}

function enclosed<Item>(
  open: string,
  close: string,
  items: readonly Item[],
  end: string | undefined,
  say: (item: Item, inner: string | undefined) => string,
): string {
  if (items.length === 0) return open + close;
  const inner = end === undefined ? undefined : `${end}    `;
  const said = items.map((item) => say(item, inner)).join(inner === undefined ? ", " : `,${inner}`);
  return `${open}${inner ?? ""}${said}${end ?? ""}${close}`;
}

const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
