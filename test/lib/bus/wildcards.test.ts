import { expect, test } from "vitest";
import { matches, withRest } from "../../../lib/bus/wildcards.ts";

test.each([
  ["/topic/a.b", "/topic/a.b", true],
  ["/topic/a.b", "/topic/a.c", false],
  ["/topic/a.b", "/topic/a.b.c", false],
  ["/topic/a.b", "/queue/a.b", false],
  ["/topic/*", "/topic/a", true],
  ["/topic/*", "/topic/a.b", false],
  ["/topic/*.b", "/topic/a.b", true],
  ["/topic/a.*.c", "/topic/a.b.c", true],
  ["/topic/>", "/topic/a.b", true],
  ["/topic/>", "/queue/a", false],
  ["/topic/a.>", "/topic/a", true],
  ["/topic/a.>", "/topic/a.b.c", true],
  ["/topic/a.>", "/topic/ab.c", false],
  ["/topic/a.#", "/topic/a.b", true],
])("%s hears %s: %j", (pattern, destination, expected) => {
  expect(matches(pattern, destination)).toBe(expected);
});

test("an open end is written as the broker wants it", () => {
  expect(withRest("/topic/a.>", "#")).toBe("/topic/a.#");
  expect(withRest("/topic/#", ">")).toBe("/topic/>");
  expect(withRest("/topic/a.*", "#")).toBe("/topic/a.*");
  expect(withRest("/topic/a>", "#")).toBe("/topic/a>");
});
