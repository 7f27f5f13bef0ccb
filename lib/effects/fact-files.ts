import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../failure.ts";
import { exec, PLAIN_ENVIRONMENT } from "./exec.ts";
import { hasCode, READ_NOW } from "./files.ts";

/** What a file says, or a program prints; or why it is not heard. */
export type FactText =
  | { readonly path: string; readonly text: string; readonly printed: boolean }
  | { readonly path: string; readonly trouble: string };

const MOST_BYTES = 256 * 1024;
/** Whether others than its owner may write. */
const OPEN = 0o022;
const EXECUTABLE = 0o111;

/**
 * Reads what stands in a folder, by the order of names: what can be run is run, within so many milliseconds. Only what root or we
 * own is heard, and nobody else may write: it would speak for this host.
 */
export async function factFilesIn(folder: string, deadline: number): Promise<readonly FactText[]> {
  try {
    const trouble = troubleOf(await stat(folder));
    if (trouble !== undefined) return [{ path: folder, trouble }];
    const names = (await readdir(folder)).filter((name) => /^[^.].*[^~]$/.test(name)).toSorted();
    return await Promise.all(names.map((name) => factFile(join(folder, name), deadline)));
  } catch (error) {
    return hasCode(error, "ENOENT") ? [] : [{ path: folder, trouble: reasonOf(error) }];
  }
}

/** Reads a file, or what it prints. */
export async function factFile(path: string, deadline: number): Promise<FactText> {
  try {
    const handle = await open(path, READ_NOW);
    try {
      const status = await handle.stat();
      const trouble = status.isFile() ? troubleOf(status) : "it is not a plain file";
      if (trouble !== undefined) return { path, trouble };
      if ((status.mode & EXECUTABLE) !== 0) return await printedBy(path, deadline);
      if (status.size > MOST_BYTES) return { path, trouble: `it is larger than ${MOST_BYTES} bytes` };
      return { path, text: await handle.readFile("utf8"), printed: false };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { path, trouble: reasonOf(error) };
  }
}

function troubleOf({ uid, mode }: { readonly uid: number; readonly mode: number }): string | undefined {
  if (uid !== 0 && uid !== process.getuid?.()) return "it is neither root's nor ours";
  return (mode & OPEN) === 0 ? undefined : "others may write to it";
}

async function printedBy(path: string, timeout: number): Promise<FactText> {
  const { code, stdout, stderr, outcome } = await exec(path, [], {
    cwd: "/",
    env: PLAIN_ENVIRONMENT,
    timeout,
    most: MOST_BYTES,
  });
  if (outcome !== "ended") return { path, trouble: `it ran longer than ${timeout / 1_000} s` };
  if (code !== 0) return { path, trouble: `it ended with ${code}: ${stderr.trim().slice(-200)}` };
  return { path, text: stdout.toString("utf8"), printed: true };
}
