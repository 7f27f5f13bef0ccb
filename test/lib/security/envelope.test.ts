import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMAND_TYPE, encodeCommand } from "../../../lib/security/command.ts";
import { countersign, payloadOf, readEnvelope, seal } from "../../../lib/security/envelope.ts";
import { publicKeyLine } from "../../../lib/security/public-key.ts";
import { fileSigner } from "../../../lib/security/signer.ts";
import { aDeploy, aSigner, sealed } from "./builders.ts";
import { aKeyFile, armoured, opensshMissing, signedByKeygen, sshKeygen, temporaryFolder } from "./openssh.ts";

test("an envelope carries the very bytes that were signed, and who signed them", async () => {
  const [alice, bob] = [aSigner(), aSigner()];
  const payload = encodeCommand(aDeploy());
  const envelope = await seal(payload, COMMAND_TYPE, "deploy@skein", alice);
  const approved = await countersign(envelope, "approve@skein", bob);
  expect(payloadOf(approved)).toEqual(payload);
  expect(approved.signatures.map(({ keyid }) => keyid)).toEqual([alice.fingerprint, bob.fingerprint]);
});

test("an envelope is read from bytes as it is from a message", async () => {
  const envelope = await sealed(aDeploy(), aSigner());
  expect(readEnvelope(Buffer.from(JSON.stringify(envelope)))).toEqual(envelope);
  expect(readEnvelope({ ...envelope, unknown: true })).toEqual(envelope);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["a text", "text"],
  ["bytes that are no JSON", Buffer.from("{")],
  ["a key twice", Buffer.from('{"payloadType":"a","payload":"aaaa","signatures":[],"payload":"bbbb"}')],
  ["a payload that is not base64", { payloadType: "a", payload: "a b", signatures: [] }],
  ["a payload that is too large", { payloadType: "a", payload: "a".repeat(90_001), signatures: [] }],
  ["no list of signatures", { payloadType: "a", payload: "aaaa" }],
])("%s is no envelope", (_what, received) => {
  expect(() => readEnvelope(received)).toThrow(expect.objectContaining({ code: "E_PARSE" }));
});

test("base64 that has another way to be written is refused", () => {
  expect(() => payloadOf({ payloadType: "a", payload: "YR==", signatures: [] })).toThrow("not base64");
});

describe.skipIf(opensshMissing)("by hand, with ssh-keygen", () => {
  test("an envelope can be checked", async () => {
    const folder = temporaryFolder();
    const signer = await fileSigner(aKeyFile(folder));
    const envelope = await sealed(aDeploy(), signer);
    const [signers, signature] = [join(folder, "allowed_signers"), join(folder, "signature")];
    writeFileSync(signers, `alice namespaces="deploy@skein" ${publicKeyLine(signer.publicKey)}\n`);
    writeFileSync(signature, armoured(Buffer.from(envelope.signatures[0]?.sig ?? "", "base64")));
    const args = ["-Y", "verify", "-f", signers, "-I", "alice", "-n", "deploy@skein", "-s", signature];
    expect(sshKeygen(args, payloadOf(envelope))).toMatchObject({ status: 0 });
  });

  test("an envelope can be signed", async () => {
    const path = aKeyFile(temporaryFolder());
    const byUs = await sealed(aDeploy(), await fileSigner(path));
    const sig = signedByKeygen(path, "deploy@skein", payloadOf(byUs)).toString("base64");
    expect(sig).toBe(byUs.signatures[0]?.sig);
  });
});
