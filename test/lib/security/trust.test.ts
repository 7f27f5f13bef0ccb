import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { publicKeyLine } from "../../../lib/security/public-key.ts";
import { trustFolder } from "../../../lib/security/trust.ts";
import { aSigner } from "./builders.ts";
import { temporaryFolder } from "./openssh.ts";

const { publicKey: key } = aSigner();
const SIGNERS = `alice@x ${publicKeyLine(key)}\n`;

function aTrustFolder(): string {
  const folder = join(temporaryFolder(), "trust");
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(join(folder, "allowed_signers"), SIGNERS, { mode: 0o644 });
  writeFileSync(join(folder, "policy.yaml"), "rules: []\n", { mode: 0o644 });
  return folder;
}

test("the files of the folder are read; the list of revoked keys may be missing", () => {
  const folder = aTrustFolder();
  const trust = trustFolder(folder);
  expect(trust.current()).toMatchObject({ signers: [{ principal: "alice@x" }], policy: { rules: [] } });
  expect(trust.current()).toBe(trust.current());
  writeFileSync(join(folder, "revoked_keys"), publicKeyLine(key), { mode: 0o644 });
  expect(trust.current().revoked).toEqual(new Set([key.fingerprint]));
});

test("a change is seen at once, even one that keeps size and time", () => {
  const folder = aTrustFolder();
  const file = join(folder, "allowed_signers");
  const trust = trustFolder(folder);
  const noon = new Date("2026-11-21T12:00:00Z");
  utimesSync(file, noon, noon);
  expect(trust.current().signers[0]?.principal).toBe("alice@x");
  writeFileSync(`${file}.new`, SIGNERS.replace("alice", "carol"), { mode: 0o644 });
  utimesSync(`${file}.new`, noon, noon);
  renameSync(`${file}.new`, file);
  expect(trust.current().signers[0]?.principal).toBe("carol@x");
});

describe("nothing is believed while", () => {
  test.each<[string, (folder: string) => void, RegExp]>([
    ["the folder is missing", (folder) => rmSync(folder, { recursive: true }), /ENOENT/],
    ["allowed_signers is missing", (folder) => rmSync(join(folder, "allowed_signers")), /ENOENT/],
    ["the policy is missing", (folder) => rmSync(join(folder, "policy.yaml")), /ENOENT/],
    ["others may write to the folder", (folder) => chmodSync(folder, 0o777), /chmod go-w/],
    [
      "the group may write to a file",
      (folder) => chmodSync(join(folder, "policy.yaml"), 0o664),
      /chmod go-w .*policy/,
    ],
    [
      "a file is cut off",
      (folder) => truncateSync(join(folder, "allowed_signers"), 30),
      /allowed_signers:1: /,
    ],
    [
      "the policy is damaged",
      (folder) => writeFileSync(join(folder, "policy.yaml"), "rules: ["),
      /policy.yaml:1:9 /,
    ],
    [
      "a file is not UTF-8",
      (folder) => writeFileSync(join(folder, "policy.yaml"), Buffer.of(0xff)),
      /not valid/,
    ],
    [
      "a file is too large",
      (folder) => truncateSync(join(folder, "allowed_signers"), 2 ** 21),
      /less than 1 MiB/,
    ],
    ["a file is a folder", (folder) => mkdirSync(join(folder, "revoked_keys"), { mode: 0o755 }), /no file/],
    ["a link leads to a file that others may write", linked, /chmod go-w/],
  ])("%s", (_what, spoil, reason) => {
    const folder = aTrustFolder();
    const trust = trustFolder(folder);
    trust.current();
    spoil(folder);
    expect(trust.current).toThrow(expect.objectContaining({ code: "TRUST_FILE" }));
    expect(trust.current).toThrow(reason);
  });

  test.skipIf(process.getuid?.() !== 0)("a file belongs to somebody else", () => {
    const folder = aTrustFolder();
    chownSync(join(folder, "policy.yaml"), 65_534, 65_534);
    expect(trustFolder(folder).current).toThrow(/belongs to neither root nor this user/);
  });
});

test("it is believed again once it is mended", () => {
  const folder = aTrustFolder();
  const trust = trustFolder(folder);
  chmodSync(join(folder, "policy.yaml"), 0o666);
  expect(trust.current).toThrow("chmod go-w");
  chmodSync(join(folder, "policy.yaml"), 0o644);
  expect(trust.current().policy).toEqual({ groups: {}, rules: [] });
});

function linked(folder: string): void {
  const elsewhere = join(folder, "..", "elsewhere");
  writeFileSync(elsewhere, "");
  chmodSync(elsewhere, 0o666);
  symlinkSync(elsewhere, join(folder, "revoked_keys"));
}
