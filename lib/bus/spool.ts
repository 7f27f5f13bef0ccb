import { Failure, reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Outgoing } from "./bus.ts";
import { decodeEntry, encodeEntry } from "./spool/entry-format.ts";
import { nameOfPlace, placeOfName, SpoolFolder } from "./spool/folder.ts";

/** One message in the spool. */
export interface SpoolEntry {
  /** Resolves when it is safe on disk; rejects with SPOOL_FAILED. */
  readonly written: Promise<void>;
  /** The message; undefined where its file is damaged, and has been set aside. */
  readonly read: () => Promise<Outgoing | undefined>;
  /** It was delivered. */
  readonly remove: () => Promise<void>;
  /** Nobody will take it: it is kept for a person to look at. */
  readonly setAside: (why: string) => Promise<void>;
}

/** Messages on disk, one file each, in the order in which they were added. A folder belongs to one process at a time. */
export interface Spool {
  /** What an earlier process left, the oldest first. */
  readonly left: readonly SpoolEntry[];
  /** Adds a message. Its place in the order is taken at once. */
  readonly add: (outgoing: Outgoing) => SpoolEntry;
}

interface SpoolOptions {
  readonly folder: string;
  /** How many bytes it may hold. */
  readonly limit: number;
  readonly log: Log;
}

/**
 * Opens a spool.
 * @throws {Failure} SPOOL_FAILED
 */
export async function openSpool({ folder, limit, log }: SpoolOptions): Promise<Spool> {
  const files = new SpoolFolder(folder);
  const found = await files.open().catch((cause: unknown) => {
    throw new Failure("SPOOL_FAILED", `Cannot open the spool ${folder}: ${reasonOf(cause)}`, { cause });
  });
  let held = found.reduce((sum, { size }) => sum + size, 0);
  let place = placeOfName(found.at(-1)?.name ?? "0");

  const entry = (name: string, size: number, written: Promise<void>): SpoolEntry => ({
    written,
    read: async () => {
      try {
        return decodeEntry(await files.read(name));
      } catch (error) {
        await setAside(name, size, `it is damaged: ${reasonOf(error)}`);
        return undefined;
      }
    },
    remove: async () => {
      held -= size;
      await files.remove(name).catch((error: unknown) => {
        log.error({ error, file: name }, "a delivered message cannot be removed from the spool");
      });
    },
    setAside: (why) => setAside(name, size, why),
  });

  const setAside = async (name: string, size: number, why: string): Promise<void> => {
    held -= size;
    log.error({ file: name, folder: files.aside }, `a message of the spool was set aside: ${why}`);
    await files.setAside(name).catch((error: unknown) => {
      log.error({ error, file: name }, "a message of the spool cannot be set aside");
    });
  };

  const write = async (name: string, bytes: Buffer, { destination }: Outgoing): Promise<void> => {
    try {
      if (held > limit) throw new Error(`it holds ${held - bytes.length} of ${limit} bytes`);
      await files.write(name, bytes);
    } catch (cause) {
      held -= bytes.length;
      const what = `Cannot keep a message to ${destination} in the spool ${folder}`;
      throw new Failure("SPOOL_FAILED", `${what}: ${reasonOf(cause)}`, { cause, transient: true });
    }
  };

  return {
    left: found.map(({ name, size }) => entry(name, size, Promise.resolve())),
    add: (outgoing) => {
      const name = nameOfPlace(++place);
      const bytes = encodeEntry(outgoing);
      held += bytes.length;
      return entry(name, bytes.length, write(name, bytes, outgoing));
    },
  };
}
