import { readdirSync, readFileSync } from "node:fs";

/** The processes whose command line holds a text. */
export function processesWith(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => commandOf(pid).includes(text));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** A time to sleep that no other process sleeps for, by which a sleeper is known: it says so in its command line. */
export const aLongTime = (): string => `${100_000 + Math.random() * 100_000}`;
