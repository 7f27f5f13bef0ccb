import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Failure, reasonOf } from "../failure.ts";
import { exec } from "./exec.ts";

/** How a file is packed, as the end of its name says. */
export type Packing = "" | ".gz" | ".xz";

/**
 * Unpacks bytes, to so many at the most: a small packed file may stand for an endless one.
 * @throws {Failure} ARCHIVE_UNREACHABLE where they are not what they should be
 */
export async function unpack(bytes: Buffer, packing: Packing, most: number): Promise<Buffer> {
  try {
    const unpacked = await by[packing](bytes, most);
    if (unpacked.length > most) throw new Error(`it is larger than ${most} bytes`);
    return unpacked;
  } catch (cause) {
    throw new Failure("ARCHIVE_UNREACHABLE", `Cannot unpack what came: ${reasonOf(cause)}`, { cause });
  }
}

const by: Readonly<Record<Packing, (bytes: Buffer, most: number) => Promise<Buffer>>> = {
  "": (bytes) => Promise.resolve(bytes),
  ".gz": (bytes, most) => promisify(gunzip)(bytes, { maxOutputLength: most + 1 }),
  ".xz": async (bytes, most) => {
    const { code, stdout, stderr } = await exec("xz", ["--decompress", "--stdout", "--memlimit=256MiB"], {
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
      timeout: 60_000,
      input: bytes,
      most: most + 1,
    });
    if (code !== 0) throw new Error(stderr);
    return stdout;
  },
};
