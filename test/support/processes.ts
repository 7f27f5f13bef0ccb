import { readdirSync, readFileSync } from "node:fs";
import { onTestFinished } from "vitest";

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

/** A time to sleep that nobody else sleeps for: a sleeper is known by it, and ended with the test if it is still there. */
export function aLongTime(): string {
  const time = `${100_000 + Math.random() * 100_000}`;
  onTestFinished(() => {
    for (const pid of processesWith(`sleep ${time}`)) process.kill(pid, "SIGKILL");
  });
  return time;
}
