import { generateKeyPairSync, sign } from "node:crypto";
import { ed25519Blob } from "../../../lib/security/key-types.ts";
import { publicKeyFrom } from "../../../lib/security/public-key.ts";
import type { Signer } from "../../../lib/security/signer.ts";
import { bytesToSign, encodeSshsig } from "../../../lib/security/sshsig.ts";

/** A signer with a new key that is in no file. */
export function aSigner(): Signer {
  const { privateKey, publicKey: object } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(object.export({ format: "jwk" }).x ?? "", "base64url");
  const publicKey = publicKeyFrom(ed25519Blob(raw));
  return {
    publicKey,
    fingerprint: publicKey.fingerprint,
    origin: "memory",
    sign: (bytes, namespace) => {
      const signature = sign(null, bytesToSign(bytes, namespace), privateKey);
      return Promise.resolve(encodeSshsig(publicKey, namespace, { type: "ssh-ed25519", bytes: signature }));
    },
  };
}

/** A copy of some bytes with one bit turned over. */
export function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}
