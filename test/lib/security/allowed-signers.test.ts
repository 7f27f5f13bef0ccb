import * as fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allowedSignerLine, lineFor, parseAllowedSigners } from "../../../lib/security/allowed-signers.ts";
import { readKeyFile } from "../../../lib/security/keys.ts";
import { type PublicKey, publicKeyLine } from "../../../lib/security/public-key.ts";
import { fileSigner } from "../../../lib/security/signer.ts";
import { aSigner, NOON } from "./builders.ts";
import { aKeyFile, armoured, opensshMissing, sshKeygen, temporaryFolder } from "./openssh.ts";

const { publicKey: key } = aSigner();
const KEY = publicKeyLine(key);
const linesFor = (text: string, namespace = "deploy@skein", now = NOON) =>
  lineFor(parseAllowedSigners(text, "allowed_signers"), { key, namespace, now });

test("a line says who acts, with which key, for what, and when", () => {
  const text = `# people\n\nalice@example.com,a@b namespaces="deploy@skein,approve@skein",valid-after="20260101Z" ${KEY} her laptop's "key\r\n`;
  expect(parseAllowedSigners(text, "allowed_signers")).toMatchObject([
    {
      principal: "alice@example.com",
      key,
      namespaces: ["deploy@skein", "approve@skein"],
      validAfter: new Date("2026-01-01T00:00:00Z"),
    },
  ]);
});

test("the line that we write is the line that we read", () => {
  const line = allowedSignerLine("alice@example.com", ["deploy@skein"], key, "her laptop");
  expect(linesFor(line)).toMatchObject({ principal: "alice@example.com", namespaces: ["deploy@skein"] });
});

test("a key counts for the first of its lines that fits", () => {
  const text = [
    `old@x valid-before="20260101Z" ${KEY}`,
    `orchestrator@x namespaces="go@skein" ${KEY}`,
    `alice@x NAMESPACES="deploy@*" ${KEY}`,
    `bob@x ${KEY}`,
  ].join("\n");
  expect(linesFor(text)).toMatchObject({ principal: "alice@x" });
  expect(linesFor(text, "go@skein")).toMatchObject({ principal: "orchestrator@x" });
  expect(linesFor(text, "approve@skein")).toMatchObject({ principal: "bob@x" });
});

test.each([
  ["at all", `alice@x ${publicKeyLine(aSigner().publicKey)}`, /does not allow SHA256:\S+$/],
  ["for this purpose", `alice@x namespaces="go@skein" ${KEY}`, / for deploy@skein$/],
  ["for this purpose, being excepted", `alice@x namespaces="*,!deploy@*" ${KEY}`, / for deploy@skein$/],
  ["any more", `alice@x valid-before="20261121115959Z" ${KEY}`, / now$/],
  ["yet", `alice@x valid-after="202611211201Z" ${KEY}`, / now$/],
])("a key that is not allowed %s is not found, and the reason says so", (_what, text, reason) => {
  expect(linesFor(text)).toMatch(reason);
});

test.each([
  [
    "a certificate authority",
    `*@x cert-authority,namespaces="deploy@skein" ${KEY}`,
    "cert-authority is not supported",
  ],
  ["an unknown option", `alice@x no-touch ${KEY}`, "no-touch is not an option"],
  ["an option twice", `alice@x namespaces="a",namespaces="b" ${KEY}`, "namespaces twice"],
  ["an option without quotes", `alice@x namespaces=a ${KEY}`, "cannot be read"],
  ["a comma after the last option", `alice@x namespaces="a", ${KEY}`, "cannot be read"],
  ["an option with an empty value", `alice@x namespaces ${KEY}`, "empty name"],
  ["an empty namespace", `alice@x namespaces="a,,b" ${KEY}`, "empty name"],
  ["a quote without its end", `alice@x namespaces="deploy@skein ${KEY}`, "it is not of the form"],
  ["a day that does not exist", `alice@x valid-before="20260231Z" ${KEY}`, "20260231Z is not a time"],
  ["a time in another form", `alice@x valid-before="2026-02-28" ${KEY}`, "is not a time"],
  [
    "a time that never comes",
    `alice@x valid-after="20270101Z",valid-before="20260101Z" ${KEY}`,
    "never valid",
  ],
  ["a pattern for a name", `*@x ${KEY}`, "*@x is a pattern"],
  ["an exception for a name", `!eve@x ${KEY}`, "is a pattern"],
  ["an empty name", `alice@x,,bob@x ${KEY}`, "a principal in it is empty"],
  ["no principal", KEY, "it is not of the form"],
  ["no key", "alice@x ssh-ed25519", "it is not of the form"],
  ["a key that is not base64", "alice@x ssh-ed25519 AAA*", "not base64"],
  [
    "a key of another type than it says",
    `alice@x ${KEY.replace("ed25519", "rsa")}`,
    "its key is ssh-ed25519",
  ],
  ["a key that is cut off", `alice@x ${KEY.slice(0, -8)}`, "it ends too early"],
])("a file with %s is refused, with its line", (_what, line, reason) => {
  const text = `bob@x ${KEY}\n${line}`;
  expect(() => parseAllowedSigners(text, "/etc/skein/allowed_signers")).toThrow(
    expect.objectContaining({ code: "TRUST_FILE" }),
  );
  expect(() => parseAllowedSigners(text, "/etc/skein/allowed_signers")).toThrow(
    `Cannot use /etc/skein/allowed_signers:2: ${line === KEY ? reason : ""}`,
  );
  expect(() => parseAllowedSigners(text, "f")).toThrow(reason);
});

describe.skipIf(opensshMissing)("agreement with ssh-keygen", () => {
  test("both allow the same keys for the same purposes at the same times", async () => {
    const folder = temporaryFolder();
    const path = aKeyFile(folder);
    const blob = await (await fileSigner(path)).sign(Buffer.from("text"), "deploy@skein");
    const { publicKey } = await readKeyFile(path);
    const [file, signature] = [join(folder, "allowed_signers"), join(folder, "signature")];
    writeFileSync(signature, armoured(blob));
    const time = fc.constantFrom(
      "20260101Z",
      "20261121Z",
      "202611211159Z",
      "20261121120000Z",
      "20261121120001Z",
      "20270101",
    );
    const option = fc.oneof(
      fc
        .constantFrom("deploy@skein", "go@skein", "*", "d*@s?ein", "*,!deploy@skein", "x,deploy@skein")
        .map((each) => `namespaces="${each}"`),
      time.map((each) => `valid-before="${each}"`),
      time.map((each) => `Valid-After="${each}"`),
    );
    const options = fc.uniqueArray(option, {
      maxLength: 3,
      selector: (each) => each.split("=")[0]?.toLowerCase(),
    });
    fc.assert(
      fc.property(options, (options) => {
        const text = `alice ${options.join(",")} ${publicKeyLine(publicKey)}\n`;
        writeFileSync(file, text);
        const args = ["-Y", "verify", "-f", file, "-I", "alice", "-n", "deploy@skein", "-s", signature];
        const theirs = sshKeygen([...args, "-O", "verify-time=20261121120000Z"], "text").status === 0;
        expect(allows(text, publicKey)).toBe(theirs);
      }),
      { numRuns: 60 },
    );
  });
});

function allows(text: string, key: PublicKey): boolean {
  try {
    const signers = parseAllowedSigners(text, "f");
    return typeof lineFor(signers, { key, namespace: "deploy@skein", now: NOON }) !== "string";
  } catch {
    return false;
  }
}
