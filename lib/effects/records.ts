import { createHash } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { makeFolder, readIfThere, syncFolder, writeWhole } from "./files.ts";

/** What is kept on disk under names, each in a file of its own: whole, or not there, whatever dies. */
export interface Records<Value> {
  /** All of them by their names, in no order. */
  readonly all: ReadonlyMap<string, Value>;
  /** Resolves when it is on disk. @throws where the disk takes no more: what was there stays */
  put(name: string, value: Value): Promise<void>;
  remove(name: string): Promise<void>;
}

const record = z.object({ name: z.string(), value: z.unknown() });

/**
 * Opens a folder of records. A file that does not hold what the schema says is kept aside, with `.damaged` to its name, and
 * told of: one bad file must not stop the others.
 */
export async function openRecords<Schema extends z.ZodType>(
  folder: string,
  schema: Schema,
  onDamaged: (file: string) => void,
): Promise<Records<z.infer<Schema>>> {
  await makeFolder(folder, 0o700);
  const all = new Map<string, z.infer<Schema>>();
  for (const file of await readdir(folder)) {
    if (!file.endsWith(".json") || file.startsWith(".")) continue;
    const path = join(folder, file);
    const found = record.safeParse(parsed((await readIfThere(path)) ?? ""));
    const value = schema.safeParse(found.data?.value);
    if (found.success && value.success) {
      all.set(found.data.name, value.data);
      continue;
    }
    await rename(path, `${path}.damaged`);
    onDamaged(path);
  }
  const fileOf = (name: string) =>
    join(folder, `${createHash("sha256").update(name).digest("hex").slice(0, 32)}.json`);
  return {
    all,
    put: async (name, value) => {
      await writeWhole(fileOf(name), `${JSON.stringify({ name, value })}\n`, 0o600);
      all.set(name, value);
    },
    remove: async (name) => {
      if (!all.delete(name)) return;
      await rm(fileOf(name), { force: true });
      await syncFolder(folder);
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
