import type { Buffer } from "node:buffer";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { Failure, reasonOf } from "../../lib/failure.ts";
import type { Disk, DiskFile } from "./journal/disk.ts";
import type { Journal } from "./journal/entry.ts";
import { recover } from "./journal/recover.ts";
import type { Stored } from "./journal/stored.ts";
import { JournalWriter } from "./journal/writer.ts";
import type { Log } from "./log.ts";

const COMPACT_ABOVE = 8 * 1024 * 1024;

/** Opens the journal in a folder, with what a former broker left in it. */
export async function openJournal(folder: string, log: Log): Promise<{ journal: Journal; stored: Stored }> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await startJournal(folderDisk(folder), log, COMPACT_ABOVE);
  } catch (error) {
    throw new Failure("E_STORAGE", `Cannot open the broker's journal in ${folder}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Opens the journal on a disk; it is rewritten when it is longer than `compactAbove` and mostly past. */
export async function startJournal(
  disk: Disk,
  log: Log,
  compactAbove: number,
): Promise<{ journal: Journal; stored: Stored }> {
  const { stored, segment } = await recover(disk, log);
  const journal = new JournalWriter({ disk, stored, segment, log, compactAbove });
  return { journal, stored };
}

/** A folder of the file system. */
function folderDisk(folder: string): Disk {
  const path = (name: string) => `${folder}/${name}`;
  return {
    list: () => readdir(folder),
    read: (name) => createReadStream(path(name)) as AsyncIterable<Buffer>,
    open: async (name) => diskFile(await open(path(name), constants.O_RDWR | constants.O_CREAT, 0o600)),
    rename: (from, to) => rename(path(from), path(to)),
    remove: (name) => unlink(path(name)),
    sync: async () => {
      const handle = await open(folder, "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}

function diskFile(handle: FileHandle): DiskFile {
  return {
    write: async (chunks, at) => {
      const { bytesWritten } = await handle.writev(chunks, at);
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (bytesWritten < length) throw new Error(`only ${bytesWritten} of ${length} bytes fit on the disk`);
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}
