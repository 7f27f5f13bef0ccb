import type { Key } from "../../lib/config/keys.ts";

/** What stands at the top of every page that is made from the sources. */
export const pageHead = (title: string, ...paragraphs: readonly string[]): readonly string[] => [
  `# ${title}`,
  "<!-- Made from the sources by `npm run docs`: change them, not this page. -->",
  ...paragraphs,
];

/** Paragraphs and blocks as one text. */
export const pageOf = (blocks: readonly string[]): string => `${blocks.join("\n\n")}\n`;

/** Something that is typed or printed as it stands. */
export const code = (text: string): string => `\`${text}\``;

/** Rows under headings. */
export function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellOf).join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}

const cellOf = (text: string): string => text.replaceAll("|", String.raw`\|`).replaceAll("\n", " ");

/** A table of keys: what each must be, what holds where it is left out, what it is for. */
export function tableOfKeys(keys: readonly Key[]): string {
  return tableOf(
    ["key", "form", "where it is left out", "what it is"],
    keys.map(({ path, form, initial, required, says }) => [
      code(path),
      form,
      required ? "must be there" : initialOf(initial),
      says,
    ]),
  );
}

function initialOf(initial: string | undefined): string {
  if (initial === undefined || initial === "{}" || initial === "[]") return "";
  return code(initial.replace(/^"(.*)"$/, "$1"));
}
