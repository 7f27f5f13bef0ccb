import { expect, test } from "vitest";
import { fits, hostFilter } from "../../../lib/schema/filter.ts";

const web1 = { host: "web1", labels: { role: "web", rack: "a" } };

test.each([
  ["*", true],
  ["web*", true],
  ["web2", false],
  ["web1,web2", true],
  ["role=web", true],
  ["role=db", false],
  ["role!=db", true],
  ["none=x", false],
  ["none!=x", true],
  ["role=web and rack=a", true],
  ["role=web and rack=b", false],
  ["role=db, web1", true],
  ["constructor=x", false],
])("%s fits web1: %s", (text, expected) => {
  expect(fits(hostFilter.parse(text), web1)).toBe(expected);
});

test.each(["", " ", "role=", "a b", "role==x", "$(x)", "web1,,web2"])("%j is no filter", (text) => {
  expect(hostFilter.safeParse(text).success).toBe(false);
});
