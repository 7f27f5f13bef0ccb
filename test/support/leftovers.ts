import { namesIn, textOf } from "./on-disk.ts";
import { until } from "./until.ts";

/** The processes of a stage: each has its folder in its words or in its environment. */
const processesOf = (folder: string): readonly string[] =>
  namesIn("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    return ["cmdline", "environ"].some((name) => textOf(`/proc/${pid}/${name}`).includes(folder));
  });

/** Kills every process of a stage. */
export function killAllOf(folder: string): void {
  for (const pid of processesOf(folder)) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

/**
 * Waits until no process of a stage is left.
 * @throws {Error} where one stays, with its words; it is killed then
 */
export async function insistNothingRuns(folder: string): Promise<void> {
  try {
    await until("nothing of the test runs any more", () => processesOf(folder).length === 0, 5_000);
  } catch (error) {
    const words = processesOf(folder).map((pid) => textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " "));
    killAllOf(folder);
    throw new Error(`Left running:\n${words.join("\n")}`, { cause: error });
  }
}
