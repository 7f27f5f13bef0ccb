import { link, rename, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { hasCode, readIfThere } from "./files.ts";
import { identityOf } from "./processes.ts";

const holder = z.object({
  /** What it is held for, for people. */
  holder: z.string(),
  pid: z.int(),
  /** When the process started, so that another one with its id is not taken for it. */
  started: z.string(),
  since: z.string(),
});
export type Holder = z.infer<typeof holder>;

/** A lock that was had, or who has it. */
export type Taken =
  | { readonly taken: true; readonly release: () => Promise<void> }
  | { readonly taken: false; readonly by: Holder };

/** Takes a lock file. One whose process is gone counts as free. */
export async function takeLock(path: string, why: string): Promise<Taken> {
  const mine = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const started = (await identityOf(process.pid)) ?? "";
  const contents: Holder = { holder: why, pid: process.pid, started, since: new Date().toISOString() };
  await writeFile(mine, `${JSON.stringify(contents)}\n`, { flag: "wx", mode: 0o644 });
  try {
    await link(mine, path);
    await rm(mine);
    return { taken: true, release: () => rm(path, { force: true }) };
  } catch (error) {
    if (!hasCode(error, "EEXIST")) {
      await rm(mine, { force: true });
      throw error;
    }
  }
  const by = await heldBy(path);
  if (by !== undefined) {
    await rm(mine);
    return { taken: false, by };
  }
  return takeOver(path, mine, why);
}

/** Only one may replace a dead lock at a time, or the second would replace the first one's live one. */
async function takeOver(path: string, mine: string, why: string): Promise<Taken> {
  const turn = await takeLock(`${path}.turn`, why);
  if (!turn.taken) {
    await rm(mine);
    return turn;
  }
  try {
    const by = await heldBy(path);
    if (by !== undefined) {
      await rm(mine);
      return { taken: false, by };
    }
    await rename(mine, path);
    return { taken: true, release: () => rm(path, { force: true }) };
  } finally {
    await turn.release();
  }
}

async function heldBy(path: string): Promise<Holder | undefined> {
  const found = holder.safeParse(parsed((await readIfThere(path)) ?? ""));
  if (!found.success) return undefined;
  return (await identityOf(found.data.pid)) === found.data.started ? found.data : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
