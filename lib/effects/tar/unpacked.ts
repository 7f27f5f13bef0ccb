import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Failure, reasonOf } from "../../failure.ts";
import { readFrom } from "../folders.ts";
import { damaged } from "./header.ts";
import { truncated } from "./read.ts";

/** What packed files begin with, and what unpacks them. */
const PACKINGS: readonly { readonly magic: Buffer; readonly open: (path: string) => Unpacking }[] = [
  { magic: Buffer.from([0x1f, 0x8b]), open: gunzipped },
  {
    magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
    open: (path) => byProgram("xz", ["--decompress", "--stdout", "--memlimit=256MiB"], path),
  },
  {
    magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    open: (path) => byProgram("zstd", ["--decompress", "--stdout", "--quiet", "--memory=256MB"], path),
  },
];

interface Unpacking {
  readonly bytes: Readable;
  /** Why it went wrong, where it did: known once its bytes have ended. */
  readonly trouble: () => Promise<string | undefined>;
  readonly stop: () => void;
}

/**
 * The bytes that a file stands for: unpacked, where it is packed with gzip, xz or zstd, whatever its name says. Nothing
 * is held in memory, and nothing goes on once nobody reads.
 * @throws {Failure} E_TAR_TRUNCATED or E_TAR_FORMAT
 */
export async function* unpackedBytes(path: string): AsyncGenerator<Buffer, void> {
  const head = await readFrom(path, 0, 6);
  const packing = PACKINGS.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
  const { bytes, trouble, stop } = (packing?.open ?? plain)(path);
  try {
    yield* bytes as AsyncIterable<Buffer>;
    const why = await trouble();
    if (why !== undefined) throw new Error(why);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const why = reasonOf(cause);
    throw /unexpected end|premature|truncated/i.test(why) ? truncated() : damaged(why);
  } finally {
    stop();
  }
}

const nothing = () => Promise.resolve(undefined);

function plain(path: string): Unpacking {
  const bytes = createReadStream(path);
  return { bytes, trouble: nothing, stop: () => bytes.destroy() };
}

function gunzipped(path: string): Unpacking {
  const file = createReadStream(path);
  const bytes = createGunzip();
  file.once("error", (error) => bytes.destroy(error)).pipe(bytes);
  const stop = () => {
    file.destroy();
    bytes.destroy();
  };
  return { bytes, trouble: nothing, stop };
}

function byProgram(program: string, args: readonly string[], path: string): Unpacking {
  const child = spawn(program, [...args, "--", path], {
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let missing: string | undefined;
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-1_000)));
  child.once(
    "error",
    (error) => (missing = `it is packed with ${program}, which cannot be run: ${error.message}`),
  );
  const ended = once(child, "close").catch(() => undefined);
  const trouble = async () => {
    await ended;
    if (missing !== undefined) return missing;
    return child.exitCode === 0 ? undefined : `${program} ended with ${child.exitCode}: ${said.trim()}`;
  };
  return { bytes: child.stdout, trouble, stop: () => void child.kill("SIGKILL") };
}
