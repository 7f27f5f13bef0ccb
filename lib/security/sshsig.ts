import { createHash } from "node:crypto";
import { Failure, reasonOf } from "../failure.ts";
import { type KeySignature, requireUsable, signatureFits } from "./key-types.ts";
import { type PublicKey, publicKeyFrom } from "./public-key.ts";
import { WireReader, wireString, wireUint32 } from "./ssh-wire.ts";

const MAGIC = Buffer.from("SSHSIG");
const VERSION = 1;
const HASHES = ["sha512", "sha256"] as const;
type Hash = (typeof HASHES)[number];

/** A signature in the format of `ssh-keygen -Y sign` (PROTOCOL.sshsig, "Blob format"). */
export interface Sshsig {
  readonly key: PublicKey;
  /** What the signature is for: it holds for nothing else. */
  readonly namespace: string;
  readonly hash: Hash;
  readonly signature: KeySignature;
}

/** What a key signs for a message (PROTOCOL.sshsig, "Signed Data, of which the signature goes into the blob above"). */
export function bytesToSign(message: Buffer, namespace: string, hash: Hash = "sha512"): Buffer {
  const digest = createHash(hash).update(message).digest();
  return Buffer.concat([MAGIC, ...[namespace, "", hash, digest].map(wireString)]);
}

/** Puts together the blob of a signature that a key made over `bytesToSign`. */
export function encodeSshsig(key: PublicKey, namespace: string, signature: KeySignature): Buffer {
  const { type, bytes } = signature;
  const inner = Buffer.concat([wireString(type), wireString(bytes)]);
  return Buffer.concat([
    MAGIC,
    wireUint32(VERSION),
    ...[key.blob, namespace, "", "sha512", inner].map(wireString),
  ]);
}

/**
 * Reads a signature blob, strictly: nothing reserved, nothing after its end, no type of key that cannot be checked.
 * @throws {Failure} E_SIG_FORMAT
 */
export function decodeSshsig(blob: Buffer): Sshsig {
  try {
    return readSshsig(new WireReader(blob));
  } catch (cause) {
    throw new Failure("E_SIG_FORMAT", `Cannot read a signature: ${reasonOf(cause)}`, { cause });
  }
}

/** Whether a signature was made over a message for a purpose, by the key that it names. */
export function sshsigFits(sshsig: Sshsig, message: Buffer, namespace: string): boolean {
  return (
    sshsig.namespace === namespace &&
    signatureFits(sshsig.key, bytesToSign(message, namespace, sshsig.hash), sshsig.signature)
  );
}

/**
 * Reads a signature as a key makes it (RFC 4253 section 6.6).
 * @throws {RangeError} when it is none
 */
export function decodeKeySignature(blob: Buffer): KeySignature {
  const reader = new WireReader(blob);
  const signature = { type: reader.text(), bytes: reader.string() };
  reader.end();
  return signature;
}

function readSshsig(reader: WireReader): Sshsig {
  if (!reader.take(MAGIC.length).equals(MAGIC)) throw new RangeError("it is not an SSHSIG");
  const version = reader.uint32();
  if (version !== VERSION) throw new RangeError(`its version is ${version}, not ${VERSION}`);
  const key = publicKeyFrom(reader.string());
  requireUsable(key);
  const namespace = reader.text();
  if (namespace === "") throw new RangeError("its namespace is empty");
  if (reader.string().length > 0) throw new RangeError("its reserved field is not empty");
  const hash = hashNamed(reader.text());
  const signature = decodeKeySignature(reader.string());
  reader.end();
  return { key, namespace, hash, signature };
}

function hashNamed(name: string): Hash {
  const hash = HASHES.find((each) => each === name);
  if (hash === undefined) throw new RangeError(`its hash is ${name}, not ${HASHES.join(" or ")}`);
  return hash;
}
