import colours from "picocolors";
import { safeText } from "../lib/safe-text.ts";

// Whoever reads may have seen enough: `skein history | head -1` is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

/** Writes a line for a person. What came from outside goes through `safeText` first. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a value as one line of JSON. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Writes a line to standard error: what is not the answer to the question. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Rows under headings, each column as wide as its widest cell; nothing but the headings where there are no rows. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(safeText));
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...cells.map((row) => (row[index] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  return [colours.dim(line(headings)), ...cells.map(line)].join("\n");
}

/** How long ago an instant was, in one unit. */
export function ago(instant: string, now = Date.now()): string {
  return span(now - Date.parse(instant));
}

/** A duration in milliseconds, in one unit. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1_000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

const PAINT: Readonly<Record<string, (text: string) => string>> = {
  passed: colours.green,
  live: colours.green,
  succeeded: colours.green,
  granted: colours.green,
  ready: colours.green,
  prepared: colours.cyan,
  deploying: colours.cyan,
  preparing: colours.cyan,
  reverted: colours.yellow,
  "rolled-back": colours.yellow,
  cancelled: colours.yellow,
  away: colours.yellow,
  waiting: colours.yellow,
  stopped: colours.yellow,
  silent: colours.red,
  failed: colours.red,
  errored: colours.red,
  refused: colours.red,
};

/** A state or an outcome in its colour, where the output is a terminal. */
export const painted = (state: string): string => (PAINT[state] ?? ((text: string) => text))(state);
