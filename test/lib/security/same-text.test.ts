import fc from "fast-check";
import { expect, test } from "vitest";
import { isSameText } from "../../../lib/security/same-text.ts";

test("only a text is the same as itself, whatever their lengths", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => isSameText(one, other) === (one === other)),
  );
  expect(isSameText("s3cret", "s3cret")).toBe(true);
  expect(isSameText("", "s3cret")).toBe(false);
});
