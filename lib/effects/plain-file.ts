import type { BigIntStats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { hasCode, READ_NOW } from "./files.ts";

/** A plain file of this machine: what tells it from another that stood there before, and what it holds. */
export interface PlainFile {
  readonly tag: string;
  readonly size: number;
  readonly read: () => Promise<Buffer>;
}

/** Looks at a file, at once; undefined where there is none. `within` is given it while it is open. */
export async function withPlainFile<Result>(
  path: string,
  within: (file: PlainFile | undefined) => Promise<Result>,
): Promise<Result> {
  const handle = await open(path, READ_NOW).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (handle === undefined) return within(undefined);
  try {
    const status = await handle.stat({ bigint: true });
    if (!status.isFile()) throw new Error(`${path} is not a plain file`);
    return await within({
      size: Number(status.size),
      tag: tagOf(status),
      read: () => handle.readFile(),
    });
  } finally {
    await handle.close();
  }
}

const tagOf = ({ ino, size, mtimeNs }: BigIntStats): string => `${ino}-${size}-${mtimeNs}`;

/** The tag of a file, without opening it; undefined where it cannot be had. */
export async function tagAt(path: string): Promise<string | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  return status && tagOf(status);
}
