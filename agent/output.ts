import { join } from "node:path";
import { z } from "zod";
import { readIfThere } from "../lib/effects/files.ts";
import { readFrom, sizeFrom, writeLoose } from "../lib/effects/folders.ts";

/** Lines that a script printed. The sequence goes on where it was when the agent was started anew. */
export interface Batch {
  readonly sequence: number;
  readonly lines: readonly string[];
}

const MOST_BYTES = 64 * 1024;
const MOST_LINES = 1_000;
const MOST_LINE = 4_096;
/** More lines than this nobody reads while they come; what is left out is the middle. */
const MOST_FOLLOWED = 10_000;
const NEWLINE = 10;

const position = z.object({ offset: z.int(), sequence: z.int(), lines: z.int() });
type Position = z.infer<typeof position>;

/** Reads what a job printed, from where it was last left. */
export interface Output {
  /** The next lines that are complete, if there are any. */
  readonly next: () => Promise<Batch | undefined>;
  /** What remains after the end: all of it, or its last lines and how much comes before them. */
  readonly rest: () => Promise<readonly Batch[]>;
}

/** Opens the output of a job. `first`: where its sequence begins. */
export async function openOutput(folder: string, first = 0): Promise<Output> {
  const place = join(folder, "followed");
  let at = readPosition(await readIfThere(place), first);
  const advance = async (bytes: number, lines: readonly string[]): Promise<Batch> => {
    const batch = { sequence: at.sequence, lines };
    at = { offset: at.offset + bytes, sequence: at.sequence + 1, lines: at.lines + lines.length };
    await writeLoose(place, JSON.stringify(at));
    return batch;
  };
  const next = async () => {
    if (at.lines >= MOST_FOLLOWED) return undefined;
    const bytes = complete(await readFrom(join(folder, "head"), at.offset, MOST_BYTES));
    return bytes.length === 0 ? undefined : advance(bytes.length, linesOf(bytes));
  };
  const rest = async () => {
    const batches: Batch[] = [];
    for (let batch = await next(); batch !== undefined; batch = await next()) batches.push(batch);
    const { before, bytes } = await remainder(folder, at.offset);
    const end = lastLines(bytes, MOST_LINES / 2);
    const lines = linesOf(end);
    const leftOut = before + bytes.length - end.length;
    if (leftOut > 0) lines.unshift(`[${leftOut} bytes of output are left out here]`);
    if (lines.length > 0) batches.push(await advance(0, lines));
    return batches;
  };
  return { next, rest };
}

/** The end of what a job printed, for the reason of a failure. */
export async function lastWords(folder: string): Promise<string> {
  const { bytes } = await remainder(folder, 0);
  return linesOf(bytes.subarray(-2_000)).slice(-10).join("\n");
}

async function remainder(folder: string, offset: number): Promise<{ before: number; bytes: Buffer }> {
  const cut = Number((await readIfThere(join(folder, "cut"))) ?? "0");
  const head = join(folder, "head");
  const tail = await readFrom(join(folder, "tail"), 0, MOST_BYTES);
  const unread = await sizeFrom(head, offset);
  if (tail.length > 0) return { before: unread + cut - tail.length, bytes: tail };
  const from = Math.max(offset, offset + unread - MOST_BYTES);
  return { before: from - offset, bytes: await readFrom(head, from, MOST_BYTES) };
}

/** Whole lines, as many as fit into one message; a line that fits nowhere is cut. */
function complete(bytes: Buffer): Buffer {
  let end = 0;
  for (let line = 0; line < MOST_LINES; line += 1) {
    const newline = bytes.indexOf(NEWLINE, end);
    if (newline < 0) break;
    end = newline + 1;
  }
  return end === 0 && bytes.length === MOST_BYTES ? bytes : bytes.subarray(0, end);
}

function lastLines(bytes: Buffer, most: number): Buffer {
  let end = bytes.length - 1;
  for (let line = 0; line < most && end > 0; line += 1) end = bytes.lastIndexOf(NEWLINE, end - 1);
  return bytes.subarray(end + 1);
}

function linesOf(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const text = bytes.toString("utf8");
  return (text.endsWith("\n") ? text.slice(0, -1) : text)
    .split("\n")
    .map((line) => (line.length > MOST_LINE ? `${line.slice(0, MOST_LINE)}…` : line).replace(/\r$/, ""));
}

function readPosition(text: string | undefined, sequence: number): Position {
  try {
    return position.parse(JSON.parse(text ?? ""));
  } catch {
    return { offset: 0, sequence, lines: 0 };
  }
}
