import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERSION } from "../lib/version.ts";

test("the version that Skein says is that of its package", () => {
  expect(JSON.parse(readFileSync("package.json", "utf8"))).toMatchObject({ version: VERSION });
});
