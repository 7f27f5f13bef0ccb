import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readKeyFile } from "../../../lib/security/keys.ts";
import { publicKeyLine } from "../../../lib/security/public-key.ts";
import { fileSigner } from "../../../lib/security/signer.ts";
import { WireReader, wireString, wireUint32 } from "../../../lib/security/ssh-wire.ts";
import { decodeSshsig, sshsigFits } from "../../../lib/security/sshsig.ts";
import { aSigner, flipped } from "./builders.ts";
import {
  aKeyFile,
  keygenAccepts,
  opensshMissing,
  signedByKeygen,
  sshKeygen,
  temporaryFolder,
  unarmoured,
} from "./openssh.ts";

function accepts(blob: Buffer): boolean {
  try {
    return sshsigFits(decodeSshsig(blob), MESSAGE, "deploy@skein");
  } catch {
    return false;
  }
}

const MESSAGE = Buffer.from("what is signed");

describe.skipIf(opensshMissing)("agreement with ssh-keygen", () => {
  test("what ssh-keygen signs, we accept", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const message = Buffer.from(bytes);
        const sshsig = decodeSshsig(signedByKeygen(aKeyFile(temporaryFolder()), "deploy@skein", message));
        expect(sshsigFits(sshsig, message, "deploy@skein")).toBe(true);
        expect(sshsigFits(sshsig, Buffer.concat([message, Buffer.of(0)]), "deploy@skein")).toBe(false);
        expect(sshsigFits(sshsig, message, "go@skein")).toBe(false);
      }),
      { numRuns: 15 },
    );
  });

  test("what ssh-keygen signs over SHA-256, we accept", () => {
    const key = aKeyFile(temporaryFolder());
    const args = ["-Y", "sign", "-n", "deploy@skein", "-O", "hashalg=sha256", "-f", key];
    const sshsig = decodeSshsig(unarmoured(sshKeygen(args, MESSAGE).stdout));
    expect(sshsig.hash).toBe("sha256");
    expect(sshsigFits(sshsig, MESSAGE, "deploy@skein")).toBe(true);
  });

  test("what we sign, ssh-keygen accepts for that message and that namespace alone", async () => {
    const key = aKeyFile(temporaryFolder());
    const blob = await (await fileSigner(key)).sign(MESSAGE, "deploy@skein");
    const line = publicKeyLine((await readKeyFile(key)).publicKey);
    expect(keygenAccepts(line, "deploy@skein", MESSAGE, blob)).toBe(true);
    expect(keygenAccepts(line, "go@skein", MESSAGE, blob)).toBe(false);
    expect(keygenAccepts(line, "deploy@skein", Buffer.from("another"), blob)).toBe(false);
  });

  test("both refuse the same damaged signatures", async () => {
    const key = aKeyFile(temporaryFolder());
    const blob = await (await fileSigner(key)).sign(MESSAGE, "deploy@skein");
    const line = publicKeyLine((await readKeyFile(key)).publicKey);
    fc.assert(
      fc.property(fc.nat(blob.length * 8 - 1), (bit) => {
        const damaged = flipped(blob, bit);
        expect(accepts(damaged)).toBe(false);
        expect(keygenAccepts(line, "deploy@skein", MESSAGE, damaged)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  test.each(["rsa", "ecdsa"])("an %s signature is refused, and the reason names its type", (type) => {
    const blob = signedByKeygen(aKeyFile(temporaryFolder(), { type }), "deploy@skein", MESSAGE);
    expect(() => decodeSshsig(blob)).toThrow(
      /^Cannot read a signature: keys of type (ssh-rsa|ecdsa-\S+) are not/,
    );
  });
});

const fields = async () => {
  const blob = await aSigner().sign(MESSAGE, "deploy@skein");
  const reader = new WireReader(blob.subarray(10));
  return [reader.string(), reader.string(), reader.string(), reader.string(), reader.string()];
};
const composed = (parts: readonly Buffer[], version = 1, magic = "SSHSIG") =>
  Buffer.concat([Buffer.from(magic), wireUint32(version), ...parts.map(wireString)]);

const longer = (parts: readonly Buffer[], at: number) =>
  parts.map((part, index) => (index === at ? Buffer.concat([part, Buffer.of(0)]) : part));

test("a signature is read field by field", async () => {
  expect(decodeSshsig(composed(await fields()))).toMatchObject({ namespace: "deploy@skein", hash: "sha512" });
});

test("a signature that claims another namespace than it was made for fits neither", async () => {
  const claimed = decodeSshsig(composed((await fields()).with(1, Buffer.from("go@skein"))));
  for (const namespace of ["go@skein", "deploy@skein"])
    expect(sshsigFits(claimed, MESSAGE, namespace)).toBe(false);
});

test.each<[string, (parts: readonly Buffer[]) => Buffer]>([
  ["is not an SSHSIG", (parts) => composed(parts, 1, "SSHSIH")],
  ["its version is 2", (parts) => composed(parts, 2)],
  ["its reserved field is not empty", (parts) => composed(parts.with(2, Buffer.from("x")))],
  ["its namespace is empty", (parts) => composed(parts.with(1, Buffer.alloc(0)))],
  ["a name in it is not ASCII", (parts) => composed(parts.with(1, Buffer.from("deploy@skein\n")))],
  ["its hash is sha1", (parts) => composed(parts.with(3, Buffer.from("sha1")))],
  ["bytes follow its end", (parts) => Buffer.concat([composed(parts), Buffer.of(0)])],
  ["it ends too early", (parts) => composed(parts).subarray(0, -1)],
  ["keys of type ssh-dss are not supported", (parts) => composed(parts.with(0, wireString("ssh-dss")))],
  ["bytes follow its end", (parts) => composed(longer(parts, 0))],
  ["bytes follow its end", (parts) => composed(longer(parts, 4))],
])("a signature is refused: %s", async (reason, change) => {
  const blob = change(await fields());
  expect(() => decodeSshsig(blob)).toThrow(expect.objectContaining({ code: "E_SIG_FORMAT" }));
  expect(() => decodeSshsig(blob)).toThrow(reason);
});

test("bytes at random are refused, and never break the reader", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect(() => decodeSshsig(Buffer.concat([Buffer.from("SSHSIG\0\0\0\u0001"), noise]))).toThrow(
        expect.objectContaining({ code: "E_SIG_FORMAT" }),
      );
    }),
  );
});
