import { createHash } from "node:crypto";
import { fromBase64 } from "./base64.ts";
import { WireReader } from "./ssh-wire.ts";

/** A public key as OpenSSH writes it, of any type. */
export interface PublicKey {
  readonly type: string;
  /** RFC 4253 section 6.6: the type, then what is particular to it. */
  readonly blob: Buffer;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/**
 * Reads a public key blob.
 * @throws {RangeError} when it holds no type
 */
export function publicKeyFrom(blob: Buffer): PublicKey {
  const digest = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return { type: new WireReader(blob).text(), blob, fingerprint: `SHA256:${digest}` };
}

/**
 * Reads the two words that hold a key in a line of `id_ed25519.pub`, `allowed_signers` and the like.
 * @throws {RangeError} when they are none
 */
export function publicKeyFromWords(type: string, base64: string): PublicKey {
  const blob = fromBase64(base64);
  if (blob === undefined) throw new RangeError("its key is not base64");
  const key = publicKeyFrom(blob);
  if (key.type !== type) throw new RangeError(`it says ${type}, but its key is ${key.type}`);
  return key;
}

/** A key as one line: type, base64, comment. */
export function publicKeyLine({ type, blob }: PublicKey, comment = ""): string {
  return `${type} ${blob.toString("base64")} ${comment}`.trimEnd();
}
