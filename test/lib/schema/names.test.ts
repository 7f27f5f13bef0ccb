import fc from "fast-check";
import { expect, test } from "vitest";
import { appName, hostName, refName, repositoryName, revision } from "../../../lib/schema/names.ts";

const HOSTILE = [
  "-x",
  "--upload-pack=touch P",
  "--output=P",
  "-c x",
  ";touch P",
  "$(touch P)",
  "`touch P`",
  "a|b",
  "a&b",
  "'",
  '"',
  "${IFS}",
  "a\nb",
  "a\0b",
  "\u001b[2J",
  "a\rb",
  "\u202e",
  "\u200b",
  "..",
  "a/../b",
  "refs/heads/../x",
  "@{-1}",
  "@",
  "HEAD",
  "a.lock",
  "a//b",
  "/a",
  "a/",
  ".a",
  "",
  "main^{/x}",
  ":/x",
  "main..v1",
  "^main",
  "main@{yesterday}",
  "--all",
  "x".repeat(10_000),
  "*",
  "a b",
  "~",
  "a~1",
  "a:b",
  "a\\b",
];

/** Only git gives these a meaning, and only in a ref. */
const harmlessElsewhere = ["HEAD", "a.lock"];

test.each(HOSTILE.map((name) => [JSON.stringify(name.slice(0, 40)), name]))(
  "%s names nothing",
  (_shown, name) => {
    for (const schema of [repositoryName, appName, hostName, revision]) {
      if (harmlessElsewhere.includes(name)) continue;
      expect(schema.safeParse(name).success).toBe(false);
    }
    expect(refName.safeParse(name).success).toBe(false);
    expect(refName.safeParse(`refs/heads/${name}`).success).toBe(name === "HEAD");
  },
);

test("a branch named as an object id is no ref of ours", () => {
  expect(refName.safeParse(`refs/heads/${"a".repeat(40)}`).success).toBe(false);
  expect(refName.safeParse(`refs/tags/x/${"0".repeat(64)}`).success).toBe(false);
});

test.each(["refs/heads/main", "refs/tags/v1.4.2", "refs/heads/feature/a+b@c_d-e"])("%s is a ref", (name) => {
  expect(refName.safeParse(name).success).toBe(true);
});

test("whatever is a name is safe as an argument and as a path", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
      for (const schema of [repositoryName, appName, hostName, refName]) {
        if (!schema.safeParse(text).success) continue;
        expect(text).toMatch(/^[A-Za-z0-9][A-Za-z0-9._/@+-]*$/);
        expect(text.split("/")).not.toContain("..");
      }
    }),
  );
});
