import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { readSecret } from "../../../lib/config/secrets.ts";
import { aFolder } from "../../support/folder.ts";

function written(contents: string, mode = 0o600): { readonly state: string; readonly file: string } {
  const state = aFolder();
  writeFileSync(join(state, "token"), contents);
  chmodSync(join(state, "token"), mode);
  return { state, file: "token" };
}

test("a secret is read from a file, without its line end", () => {
  const { state, file } = written("s3cret\n");
  expect(readSecret({ file }, "the test", { state }).reveal()).toBe("s3cret");
});

test("a secret is never shown by accident", () => {
  const { state, file } = written("s3cret");
  const secret = readSecret({ file }, "the test", { state });
  expect(`${String(secret)} ${JSON.stringify({ secret })} ${inspect({ secret })}`).not.toContain("s3cret");
});

test.each([
  ["an empty file", "\n", 0o600, "is empty"],
  ["a file that everybody may read", "s3cret", 0o604, "everybody may read"],
])("%s is refused", (_what, contents, mode, why) => {
  const { state, file } = written(contents, mode);
  expect(() => readSecret({ file }, "the test", { state })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(why) as string }),
  );
});

test.each([{ file: "nowhere" }, { env: "SKEIN_TEST_NO_SUCH_SECRET" }])(
  "%o is not there, and refused",
  (source) => {
    expect(() => readSecret(source, "the test", { state: aFolder() })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  },
);
