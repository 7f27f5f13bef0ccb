import { createPrivateKey, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { PublicKey } from "./public-key.ts";
import { WireReader, wireString } from "./ssh-wire.ts";

export const ED25519 = "ssh-ed25519";

/** What is particular to one type of key. */
interface KeyType {
  /** The names of its signatures: RSA, once it is here, has two for one type of key (RFC 8332). */
  readonly signatures: readonly string[];
  readonly read: (fields: WireReader) => KeyObject;
  readonly fits: (key: KeyObject, bytes: Buffer, signature: Buffer) => boolean;
}

/** RFC 8709 sections 4 and 6. */
const ed25519: KeyType = {
  signatures: [ED25519],
  read: (fields) => {
    const x = fields.string().toString("base64url");
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  },
  fits: (key, bytes, signature) => signature.length === 64 && verify(null, bytes, key, signature),
};

const keyTypes: ReadonlyMap<string, KeyType> = new Map([[ED25519, ed25519]]);

/** A signature as RFC 4253 section 6.6 has it: the name of its algorithm, and its bytes. */
export interface KeySignature {
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * Makes sure that signatures of this key can be checked.
 * @throws {RangeError} when its type is not supported, or it is malformed
 */
export function requireUsable(key: PublicKey): void {
  readKey(key);
}

/** Whether a signature over some bytes was made with a key. */
export function signatureFits(key: PublicKey, bytes: Buffer, signature: KeySignature): boolean {
  const { type, object } = readKey(key);
  return type.signatures.includes(signature.type) && type.fits(object, bytes, signature.bytes);
}

/** The public key of an ed25519 key pair (RFC 8709 section 4). */
export const ed25519Blob = (raw: Buffer): Buffer => Buffer.concat([wireString(ED25519), wireString(raw)]);

/**
 * An ed25519 key pair from its seed.
 * @throws {RangeError} when the public key that stands beside the seed is not of it
 */
export function ed25519PrivateKey(seed: Buffer, raw: Buffer): KeyObject {
  const [d, x] = [seed.toString("base64url"), raw.toString("base64url")];
  const key = createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d, x }, format: "jwk" });
  if (createPublicKey(key).export({ format: "jwk" }).x !== x) throw new RangeError("its halves do not fit");
  return key;
}

function readKey({ type: name, blob }: PublicKey) {
  const type = keyTypes.get(name);
  if (type === undefined) throw new RangeError(`keys of type ${name} are not supported; use ${ED25519}`);
  const fields = new WireReader(blob);
  fields.text();
  const object = type.read(fields);
  fields.end();
  return { type, object };
}
