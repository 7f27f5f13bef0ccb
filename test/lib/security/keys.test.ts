import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeKeyFile, readKeyFile } from "../../../lib/security/keys.ts";
import { flipped } from "./builders.ts";
import { aKeyFile, opensshMissing, sshKeygen, temporaryFolder } from "./openssh.ts";

describe.skipIf(opensshMissing)("agreement with ssh-keygen", () => {
  test("a key that ssh-keygen made is read, with the fingerprint that ssh-keygen prints", async () => {
    const path = aKeyFile(temporaryFolder());
    const { publicKey, privateKey } = await readKeyFile(path);
    expect(privateKey?.asymmetricKeyType).toBe("ed25519");
    expect(sshKeygen(["-l", "-f", path]).stdout.split(" ")[1]).toBe(publicKey.fingerprint);
  });

  test("a key that we made is read by ssh-keygen", async () => {
    const path = join(temporaryFolder(), "state", "key");
    const { fingerprint } = await makeKeyFile(path, "skein on web1");
    expect(sshKeygen(["-y", "-f", path]).stdout).toBe(readFileSync(`${path}.pub`, "utf8"));
    expect(sshKeygen(["-l", "-f", path]).stdout).toContain(`${fingerprint} skein on web1`);
  });

  test("of an encrypted file, the public key alone is read", async () => {
    const path = aKeyFile(temporaryFolder(), { passphrase: "a secret" });
    const pair = await readKeyFile(path);
    expect(pair).not.toHaveProperty("privateKey");
    expect(pair).toEqual(await readKeyFile(`${path}.pub`));
  });

  test("another type of key is refused by name", async () => {
    const path = aKeyFile(temporaryFolder(), { type: "ecdsa" });
    await expect(readKeyFile(path)).rejects.toThrow("keys of type ecdsa-sha2-nistp256 are not supported");
  });
});

test("a new key is for its owner alone, and never written over another", async () => {
  const path = join(temporaryFolder(), "key");
  const key = await makeKeyFile(path, "first");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(makeKeyFile(path, "second")).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
  expect((await readKeyFile(path)).publicKey).toEqual(key);
});

test("a key that others can read is refused, with the command that mends it", async () => {
  const path = join(temporaryFolder(), "key");
  await makeKeyFile(path, "");
  chmodSync(path, 0o640);
  await expect(readKeyFile(path)).rejects.toThrow(`chmod 600 ${path}`);
});

test.each([
  ["nothing", ""],
  ["another format", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"],
  ["no key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"],
  ["a public key that says another type", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA"],
])("a file with %s is refused", async (_what, text) => {
  const path = join(temporaryFolder(), "key");
  writeFileSync(path, text, { mode: 0o600 });
  await expect(readKeyFile(path)).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
});

test("a key file with any bit of it damaged gives no private key", async () => {
  const path = join(temporaryFolder(), "key");
  await makeKeyFile(path, "");
  const [begin = "", ...lines] = readFileSync(path, "utf8").split("\n");
  const bytes = Buffer.from(lines.slice(0, -2).join(""), "base64");
  for (let bit = 0; bit < bytes.length * 8; bit += 7) {
    writeFileSync(path, [begin, flipped(bytes, bit).toString("base64"), ...lines.slice(-2)].join("\n"));
    const pair = await readKeyFile(path).catch(() => ({}));
    expect(pair, `bit ${bit}`).not.toHaveProperty("privateKey");
  }
});
