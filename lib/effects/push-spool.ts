import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "./files.ts";
import { type Watch, watchFolder } from "./watch.ts";

/** A file that the hook wrote. */
export interface SpooledPush {
  readonly file: string;
  readonly contents: string;
  /** When the push was made. */
  readonly at: Date;
}

/** The pushes that wait to be announced. */
export interface PushSpool extends Watch {
  /** The oldest first. */
  list(): Promise<SpooledPush[]>;
  remove(push: SpooledPush): Promise<void>;
  /** Keeps a file that cannot be announced, out of the way. */
  reject(push: SpooledPush): Promise<void>;
}

const MOST_BYTES = 4 * 1024 * 1024;

/** Opens the folder that the hook writes to, and makes it where it is not there. */
export async function openPushSpool(folder: string): Promise<PushSpool> {
  await makeFolder(folder, 0o700);
  const rejected = join(folder, "rejected");
  return {
    ...watchFolder(folder),
    list: async () => {
      const names = (await readdir(folder)).filter((name) => name.startsWith("push-"));
      const found = await Promise.all(names.map((name) => read(join(folder, name))));
      return found.sort((a, b) =>
        a.order === b.order ? a.file.localeCompare(b.file) : a.order < b.order ? -1 : 1,
      );
    },
    remove: ({ file }) => rm(file, { force: true }),
    reject: async ({ file, at }) => {
      await mkdir(rejected, { recursive: true, mode: 0o700 });
      await rename(file, join(rejected, `${at.getTime()}-${file.split("/").pop() ?? ""}`));
    },
  };
}

async function read(file: string): Promise<SpooledPush & { readonly order: bigint }> {
  const { mtimeNs, size } = await stat(file, { bigint: true });
  const contents = size > MOST_BYTES ? "" : await readFile(file, "utf8");
  return { file, contents, at: new Date(Number(mtimeNs / 1_000_000n)), order: mtimeNs };
}
