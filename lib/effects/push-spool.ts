import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { hasCode, makeFolder } from "./files.ts";
import { type Watch, watchFolder } from "./watch.ts";

/** A file that a hook wrote. */
export interface SpooledFile {
  readonly file: string;
  /** When it was written: when the push was made. */
  readonly at: Date;
}

/** The pushes that wait to be announced. */
export interface PushSpool extends Watch {
  /** The oldest first. */
  list(): Promise<readonly SpooledFile[]>;
  /** What a file holds; it throws where that is no plain file, or larger than any push. */
  read(spooled: SpooledFile): Promise<string>;
  remove(spooled: SpooledFile): Promise<void>;
  /** Keeps a file that cannot be announced, out of the way. */
  reject(spooled: SpooledFile): Promise<void>;
}

/** Whoever may push chooses names: with the time before it, one must still be as long as a name may be. */
const MOST_NAME = 64;
const MOST_BYTES = 4 * 1024 * 1024;

/** A file that still has its first name after so long is of a hook that was killed; in milliseconds. */
const ABANDONED = 60_000;

/** Opens the folder that a hook writes to, and makes it where it is not there. Its files are called `KIND-` and anything. */
export async function openPushSpool(folder: string, kind = "push"): Promise<PushSpool> {
  await makeFolder(folder, 0o700);
  const rejected = join(folder, "rejected");
  return {
    ...watchFolder(folder),
    list: () => listed(folder, kind),
    read: ({ file }) => readPlain(file),
    remove: ({ file }) => rm(file, { force: true }),
    reject: async ({ file, at }) => {
      await mkdir(rejected, { recursive: true, mode: 0o700 });
      await rename(file, join(rejected, `${at.getTime()}-${basename(file).slice(0, MOST_NAME)}`));
    },
  };
}

async function listed(folder: string, kind: string): Promise<SpooledFile[]> {
  const names = (await readdir(folder)).filter((name) => name.replace(/^\./, "").startsWith(`${kind}-`));
  const found = await Promise.all(names.map((name) => seen(join(folder, name))));
  return found
    .flatMap((each) => each ?? [])
    .sort((a, b) => (a.order === b.order ? a.file.localeCompare(b.file) : a.order < b.order ? -1 : 1));
}

async function seen(file: string): Promise<(SpooledFile & { readonly order: bigint }) | undefined> {
  const status = await lstat(file, { bigint: true }).catch((error: unknown) => {
    // Its hook has just given it its second name.
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (status === undefined) return undefined;
  const at = new Date(Number(status.mtimeNs / 1_000_000n));
  const written = !basename(file).startsWith(".") || Date.now() - at.getTime() > ABANDONED;
  return written ? { file, at, order: status.mtimeNs } : undefined;
}

/** Whoever may push may put anything here: no link is followed, and nothing is waited for that is no file. */
async function readPlain(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new Error("it is not a plain file");
    if (status.size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
