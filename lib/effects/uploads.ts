import { lstat, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, kindOf, makeFolder, READ_NOW, syncFolder, writeWhole } from "./files.ts";
import { namesIn } from "./folders.ts";

/** A file in the folder of a distribution. */
export interface Upload {
  readonly distribution: string;
  readonly name: string;
}

/** A file that has come, perhaps not whole yet. */
export interface Arriving extends Upload {
  readonly size: number;
  /** When it was last written to. */
  readonly at: Date;
}

/** How far a file has come: `broken` is what is no package's file, and will be none. */
export type Wholeness = "whole" | "part" | "broken";

/** Folders that packages are put into, one for each distribution. */
export interface Uploads {
  /** The folders to watch. */
  readonly folders: readonly string[];
  /** What has come, by name. Anything but a plain `.deb` file is left alone. */
  arriving(): Promise<readonly Arriving[]>;
  wholeness(upload: Upload): Promise<Wholeness>;
  /** Puts a file out of reach of whoever uploads. */
  claim(upload: Upload): Promise<void>;
  /** What is claimed, and was neither archived nor rejected yet. */
  claimed(): Promise<readonly Upload[]>;
  /** The path of a claimed file. */
  pathOf(upload: Upload): string;
  archive(upload: Upload): Promise<void>;
  /** Sets a claimed file aside, with the reason in a file beside it. */
  reject(upload: Upload, reason: string): Promise<void>;
}

/** Opens the folders, and makes what is missing of them. */
export async function openUploads(folder: string, distributions: readonly string[]): Promise<Uploads> {
  const place = ({ distribution, name }: Upload, below = "") => join(folder, distribution, below, name);
  for (const distribution of distributions)
    for (const below of [".claimed", "archive", "rejected"])
      await makeFolder(join(folder, distribution, below));
  const move = async (from: string, to: string) => {
    await rename(from, to);
    await syncFolder(join(to, ".."));
  };
  const perDistribution = async <Found>(
    look: (distribution: string) => Promise<readonly Found[]>,
  ): Promise<readonly Found[]> => (await Promise.all(distributions.map(look))).flat();
  return {
    folders: distributions.map((distribution) => join(folder, distribution)),
    arriving: () =>
      perDistribution(async (distribution) => {
        const names = await namesIn(join(folder, distribution));
        const files = names.filter((name) => /^[^.].*\.deb$/s.test(name)).sort();
        const seen = await Promise.all(
          files.map(async (name) => sizeOf(place({ distribution, name }), { distribution, name })),
        );
        return seen.flat();
      }),
    wholeness: (upload) => wholenessOf(place(upload)),
    claim: (upload) => move(place(upload), place(upload, ".claimed")),
    claimed: () =>
      perDistribution(async (distribution) =>
        [...(await namesIn(join(folder, distribution, ".claimed")))]
          .sort()
          .map((name) => ({ distribution, name })),
      ),
    pathOf: (upload) => place(upload, ".claimed"),
    archive: async (upload) =>
      move(place(upload, ".claimed"), await free(join(folder, upload.distribution, "archive"), upload.name)),
    reject: async (upload, reason) => {
      const to = await free(join(folder, upload.distribution, "rejected"), upload.name);
      await writeWhole(`${to}.reason`, `${reason}\n`);
      await move(place(upload, ".claimed"), to);
    },
  };
}

/** A path that nothing has: what was kept under a name before stays. */
async function free(folder: string, name: string): Promise<string> {
  for (let count = 0; ; count += 1) {
    const path = join(folder, count === 0 ? name : `${name}.${count}`);
    if ((await kindOf(path)) === undefined) return path;
  }
}

async function sizeOf(path: string, upload: Upload): Promise<Arriving[]> {
  const status = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  return status?.isFile() === true ? [{ ...upload, size: status.size, at: status.mtime }] : [];
}

const MAGIC = "!<arch>\n";
const MEMBER = 60;
/** What it is, its control files, its data. */
const MEMBERS = 3;

/** The file of a package is an ar archive (deb(5)): each member says how long it is, so that a part is told from the whole. */
async function wholenessOf(path: string): Promise<Wholeness> {
  const handle = await open(path, READ_NOW);
  try {
    const { size } = await handle.stat();
    const text = async (at: number, length: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
      return buffer.subarray(0, bytesRead).toString("latin1");
    };
    const magic = await text(0, MAGIC.length);
    if (!MAGIC.startsWith(magic)) return "broken";
    let at = MAGIC.length;
    let members = 0;
    while (at < size) {
      const header = await text(at, MEMBER);
      if (header.length < MEMBER) return "part";
      const length = /^\d+ *$/.exec(header.slice(48, 58))?.[0];
      if (length === undefined || !header.endsWith("`\n")) return "broken";
      at += MEMBER + Number(length);
      if (at > size) return "part";
      at += at % 2;
      members += 1;
    }
    return members >= MEMBERS ? "whole" : "part";
  } finally {
    await handle.close();
  }
}
