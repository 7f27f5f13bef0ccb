import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { ED25519, ed25519Blob, ed25519PrivateKey } from "./key-types.ts";
import { type PublicKey, publicKeyFrom } from "./public-key.ts";
import { WireReader, wireString, wireUint32 } from "./ssh-wire.ts";

const MAGIC = Buffer.from("openssh-key-v1\0");
const BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END = "-----END OPENSSH PRIVATE KEY-----";
const BLOCK = 8;

/** A key pair; the private half is missing where the file is encrypted. */
export interface KeyPair {
  readonly publicKey: PublicKey;
  readonly privateKey?: KeyObject;
}

/**
 * Reads a private key file of OpenSSH (PROTOCOL.key).
 * @throws {RangeError} when it is no such file, or of a type that is not supported
 */
export function decodeKeyFile(text: string): KeyPair {
  const [, base64] = new RegExp(`^${BEGIN}\\s([A-Za-z0-9+/=\\s]+)${END}\\s*$`).exec(text) ?? [];
  if (base64 === undefined) throw new RangeError("it is not a private key file of OpenSSH");
  const reader = new WireReader(Buffer.from(base64, "base64"));
  if (!reader.take(MAGIC.length).equals(MAGIC)) throw new RangeError("it is not of openssh-key-v1");
  const cipher = reader.text();
  const derivation = [reader.text(), reader.string().toString("latin1")];
  if (reader.uint32() !== 1) throw new RangeError("it does not hold exactly one key");
  const publicKey = publicKeyFrom(reader.string());
  const secret = reader.string();
  // The tag of an authenticated cipher follows the end of an encrypted file.
  if (cipher !== "none") return { publicKey };
  if (derivation.join("") !== "none") throw new RangeError("it derives a key for no cipher");
  reader.end();
  return { publicKey, privateKey: readSecret(new WireReader(secret), publicKey) };
}

function readSecret(reader: WireReader, publicKey: PublicKey): KeyObject {
  if (reader.uint32() !== reader.uint32()) throw new RangeError("its check bytes differ");
  const type = reader.text();
  if (type !== ED25519) throw new RangeError(`keys of type ${type} are not supported; use ${ED25519}`);
  const raw = reader.string();
  const secret = reader.string();
  if (secret.length !== 64 || !secret.subarray(32).equals(raw) || !ed25519Blob(raw).equals(publicKey.blob))
    throw new RangeError("its halves do not fit");
  reader.string();
  if (!reader.rest().every((byte, index) => byte === index + 1)) throw new RangeError("its padding is wrong");
  return ed25519PrivateKey(secret.subarray(0, 32), raw);
}

/** A new ed25519 key pair as the text of a private key file of OpenSSH (PROTOCOL.key), and its public key. */
export function newKeyFile(comment: string): { readonly text: string; readonly publicKey: PublicKey } {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, raw] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const check = randomBytes(4);
  const fields = [ED25519, raw, Buffer.concat([seed, raw]), Buffer.from(comment)].map(wireString);
  const secret = padded(Buffer.concat([check, check, ...fields]));
  const blob = ed25519Blob(raw);
  const file = Buffer.concat([
    MAGIC,
    ...["none", "none", ""].map(wireString),
    wireUint32(1),
    ...[blob, secret].map(wireString),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return { text: [BEGIN, ...lines, END, ""].join("\n"), publicKey: publicKeyFrom(blob) };
}

function padded(secret: Buffer): Buffer {
  const missing = (BLOCK - (secret.length % BLOCK)) % BLOCK;
  return Buffer.concat([secret, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}
