import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";

/** What tells a process from any other that ever has its id: the boot, and the tick at which it started. */
export async function identityOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The name of the program, in parentheses, may hold anything.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined || fields[0] === "Z") return undefined;
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
  return `${boot.trim()} ${fields[19] ?? ""}`;
}

/** Starts a program in a session of its own, which outlives this process and holds nothing of it. */
export function startDetached(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, detached: true, stdio: "ignore" });
    child.once("error", reject);
    child.once("spawn", () => {
      child.unref();
      resolve();
    });
  });
}

/** Ends every process that has this variable in the environment it was started with, wherever it moved to. */
export async function endMarked(variable: string, value: string): Promise<void> {
  const mark = Buffer.from(`\0${variable}=${value}\0`);
  // One may have started another while it was looked for, and one that just turns into another program shows no environment: two
  // looks in a row have to find none.
  for (let [look, clear] = [0, 0]; look < 100 && clear < 2; look += 1) {
    const found = await marked(mark);
    clear = found.length === 0 ? clear + 1 : 0;
    for (const pid of found) kill(pid);
  }
}

async function marked(mark: Buffer): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const held = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`).catch(() => undefined)));
  return pids.filter(
    (pid, index) =>
      pid !== process.pid &&
      Buffer.concat([Buffer.from("\0"), held[index] ?? Buffer.alloc(0)]).includes(mark),
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

/** The user of this process, by number. */
export const ownUser = (): number => process.getuid?.() ?? 0;

/** Whether this process may act as any user. */
export const isRoot = (): boolean => process.getuid?.() === 0;
