import { mkdir, open, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import { decodeKeyFile, type KeyPair, newKeyFile } from "./openssh-key.ts";
import { type PublicKey, publicKeyFromWords, publicKeyLine } from "./public-key.ts";

const MOST_BYTES = 64 * 1024;

/**
 * Reads a private key file of OpenSSH, or a `.pub` file whose private half somebody else holds.
 * @throws {Failure} KEY_UNUSABLE
 */
export async function readKeyFile(path: string): Promise<KeyPair> {
  try {
    const text = await readSecret(path);
    const [type = "", base64 = ""] = text.split(/\s+/);
    return text.startsWith("-----") ? decodeKeyFile(text) : { publicKey: publicKeyFromWords(type, base64) };
  } catch (cause) {
    throw new Failure("KEY_UNUSABLE", `Cannot use the key ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Makes a new ed25519 key pair: `path` for its owner alone, and `path.pub`. Never writes over a key that is there.
 * @throws {Failure} KEY_UNUSABLE
 */
export async function makeKeyFile(path: string, comment: string): Promise<PublicKey> {
  const { text, publicKey } = newKeyFile(comment);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text, { flag: "wx", mode: 0o600 });
    await writeFile(`${path}.pub`, `${publicKeyLine(publicKey, comment)}\n`, { mode: 0o644 });
  } catch (cause) {
    throw new Failure("KEY_UNUSABLE", `Cannot make the key ${path}: ${reasonOf(cause)}`, { cause });
  }
  return publicKey;
}

async function readSecret(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { mode, size } = await file.stat();
    if (size > MOST_BYTES) throw new RangeError("it is too large for a key");
    const text = await file.readFile("latin1");
    // ssh refuses such a key as well: whoever else can read it may already have it.
    if (text.startsWith("-----") && (mode & 0o077) !== 0)
      throw new RangeError(`others can read it; chmod 600 ${path}`);
    return text;
  } finally {
    await file.close();
  }
}
