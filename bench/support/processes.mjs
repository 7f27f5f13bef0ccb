import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");

/**
 * Seconds of processor time that the threads of a process have had, to the nanosecond (the first field of schedstat, in
 * Documentation/scheduler/sched-stats of Linux); not that of its children.
 */
export function processorTime(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"));
  return times.reduce((sum, each) => sum + Number(each.split(" ", 1)[0]), 0) / 1e9;
}

/** Resident memory in MB. */
export const residentMemory = (pid) =>
  (Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024) / 1e6;

/** Sees a command of Skein through. */
export const skein = (folder, env, ...words) =>
  execFileSync(process.execPath, [MAIN, ...words], { cwd: folder, env, stdio: "ignore" });

/** Starts daemons of Skein in a process of their own, and says when they are ready. */
export function start(folder, env, ...words) {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ready = new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      said = (said + chunk).slice(-10_000);
      if (said.includes("ready:")) resolve();
    });
    child.once("exit", () => reject(new Error(`skein ${words.join(" ")} ended: ${said}`)));
  });
  return { child, ready };
}

/** Ends a process, and waits until it is gone. */
export async function end(child, signal = "SIGTERM") {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}
