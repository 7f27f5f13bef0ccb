import { describe, expect, test } from "vitest";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { publicKeyLine } from "../../../lib/security/public-key.ts";
import { parseRevokedKeys } from "../../../lib/security/revoked-keys.ts";
import { readKeyFile } from "../../../lib/security/keys.ts";
import { aSigner } from "./builders.ts";
import { aKeyFile, opensshMissing, sshKeygen, temporaryFolder } from "./openssh.ts";

const { publicKey: key } = aSigner();

test("revoked keys are listed one on each line", () => {
  const text = `# lost laptop\n\n${publicKeyLine(key, "alice, 2025")}\n`;
  expect(parseRevokedKeys(text, "revoked_keys")).toEqual(new Set([key.fingerprint]));
});

test.each([
  ["a KRL", "SSHKRL\n\0", "a KRL is not supported"],
  ["half a key", `${publicKeyLine(key)}\nssh-ed25519 AAAA*`, "revoked_keys:2: its key is not base64"],
  ["something else", "alice@example.com", "revoked_keys:1"],
])("a list with %s is refused, with its line", (_what, text, reason) => {
  expect(() => parseRevokedKeys(text, "revoked_keys")).toThrow(
    expect.objectContaining({ code: "TRUST_FILE" }),
  );
  expect(() => parseRevokedKeys(text, "revoked_keys")).toThrow(reason);
});

describe.skipIf(opensshMissing)("agreement with ssh-keygen", () => {
  test("keys of every type can be revoked, for ssh-keygen and for us", async () => {
    const folder = temporaryFolder();
    const ed25519 = aKeyFile(folder);
    const ecdsa = sshKeygen(["-y", "-f", aKeyFile(folder, { type: "ecdsa", name: "other" })]).stdout;
    const list = join(folder, "revoked_keys");
    writeFileSync(list, `${sshKeygen(["-y", "-f", ed25519]).stdout}${ecdsa}`);
    const { fingerprint } = (await readKeyFile(ed25519)).publicKey;
    const revoked = parseRevokedKeys(`${sshKeygen(["-y", "-f", ed25519]).stdout}${ecdsa}`, list);
    expect(revoked).toHaveLength(2);
    expect(revoked).toContain(fingerprint);
  });
});
