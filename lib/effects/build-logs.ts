import { closeSync, openSync, writeSync } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuildId } from "../schema/names.ts";
import { makeFolder } from "./files.ts";
import { namesIn } from "./folders.ts";

/** The file that holds what one run of a build prints. */
export interface BuildLogFile {
  readonly path: string;
  /** Appends; what goes over the limit, or does not fit on the disk, is left out. */
  append(bytes: Uint8Array): void;
  close(): void;
}

/** The files that hold what builds printed. */
export interface BuildLogs {
  /** Begins the file of a build anew. */
  open(build: BuildId): BuildLogFile;
  /** Removes all but the newest. */
  prune(): Promise<void>;
}

interface Limits {
  /** Bytes of one file. */
  readonly most: number;
  /** How many files stay. */
  readonly keep: number;
}

/** Opens the folder of build logs. */
export async function openBuildLogs(folder: string, { most, keep }: Limits): Promise<BuildLogs> {
  await makeFolder(folder, 0o700);
  return {
    open: (build) => openFile(join(folder, nameOf(build)), most),
    prune: async () => {
      const names = (await namesIn(folder)).filter((name) => name.endsWith(".log"));
      const found = await Promise.all(names.map((name) => seen(join(folder, name))));
      const newest = found.sort((a, b) => b.at - a.at);
      for (const { path } of newest.slice(keep)) await rm(path, { force: true });
    },
  };
}

/** No build id holds a `+`, so no two of them have the same file. */
const nameOf = (build: BuildId): string => `${build.replaceAll("/", "+")}.log`;

const seen = async (path: string): Promise<{ path: string; at: number }> => ({
  path,
  at: await lstat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  ),
});

function openFile(path: string, most: number): BuildLogFile {
  const file = openSync(path, "w", 0o600);
  let room = most;
  return {
    path,
    append: (bytes) => {
      if (room <= 0) return;
      try {
        writeSync(file, bytes.subarray(0, room));
        room -= bytes.length;
        if (room <= 0) writeSync(file, `\n[what comes after is left out: ${most} bytes are kept]\n`);
      } catch {
        // A full disk ends the log, not the build.
        room = 0;
      }
    },
    close: () => closeSync(file),
  };
}
