import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { passwordHash } from "../../../lib/schema/logins.ts";
import { ENTROPY, hashPassword, inventPassword } from "../../../lib/security/password.ts";
import { describeNeeding } from "../../support/needing.ts";

test("an invented password can be said aloud, comes never twice, and holds 63.9 bits of chance", () => {
  const invented = Array.from({ length: 200 }, inventPassword);
  for (const each of invented) expect(each).toMatch(/^([b-z][aeiou][b-z]){2}(-([b-z][aeiou][b-z]){2}){2}$/);
  expect(new Set(invented).size).toBe(200);
  expect(ENTROPY).toBeGreaterThan(63.9);
});

test("two hashes of one password differ: each has a salt of its own", () => {
  expect(hashPassword("correct horse")).not.toBe(hashPassword("correct horse"));
});

describeNeeding({ openssl: "openssl" }, "beside OpenSSL", () => {
  test("its hashes are those of crypt(3), whatever the password", () => {
    // OpenSSL reads the password as a line.
    const line = fc
      .string({ unit: "binary", minLength: 1, maxLength: 40 })
      .map((text) => text.replace(/[\0\r\n]/g, "x"));
    fc.assert(
      fc.property(line, (password) => {
        const hash = hashPassword(password);
        const [, , salt = ""] = hash.split("$");
        const made = execFileSync("openssl", ["passwd", "-6", "-salt", salt, "-stdin"], {
          input: `${password}\n`,
        });
        expect(made.toString().trim()).toBe(hash);
      }),
      { numRuns: 15 },
    );
  });
});

test("what a server would read otherwise is no hash", () => {
  const rest = "a".repeat(86);
  for (const hash of [
    `$6$saltsalt$${rest}\nmallory:x`,
    `$6$saltsalt$${rest} `,
    `$5$saltsalt$${rest}`,
    `$6$salt salt$${rest}`,
    "*0",
    "",
  ])
    expect(passwordHash.safeParse(hash).success).toBe(false);
  expect(passwordHash.safeParse(`$6$rounds=5000$saltsalt$${rest}`).success).toBe(true);
});
