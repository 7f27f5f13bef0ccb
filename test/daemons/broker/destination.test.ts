import { describe, expect, test } from "vitest";
import { covers, readDestination } from "../../../daemons/broker/destination.ts";
import { permissions } from "../../../daemons/broker/policy.ts";
import { Trie } from "../../../daemons/broker/trie.ts";

test.each([
  "/topic/a",
  "/topic/skein.git.commits",
  "/queue/skein.ci.builds.linux-arm",
  "/topic/a.*",
  "/topic/*.b",
  "/topic/a.#",
  "/topic/a.>",
  "/topic/#",
  "/queue/a_b:c@d%2F$",
])("%s is a destination", (name) => {
  expect(readDestination(name).name).toBe(name);
});

test.each([
  "",
  "a.b",
  "/topic/",
  "/queue",
  "/exchange/a/b",
  "/temp-queue/a",
  "/topic/a/b",
  "/topic/a..b",
  "/topic/.a",
  "/topic/a.",
  "/topic/a b",
  "/topic/a\nb",
  "/topic/a.#.b",
  "/topic/a*",
  "/topic/å",
  `/topic/${"a".repeat(250)}`,
])("%j is not", (name) => {
  expect(() => readDestination(name)).toThrow("is not a destination");
});

describe("patterns", () => {
  const matching = (pattern: string, topic: string) => {
    const trie = new Trie<string>();
    trie.add(readDestination(`/topic/${pattern}`).words, pattern);
    return [...trie.matching(readDestination(`/topic/${topic}`).words)].length === 1;
  };

  test.each([
    ["a.b", ["a.b"], ["a", "a.b.c", "a.c"]],
    ["a.*", ["a.b", "a.c"], ["a", "a.b.c", "b.b"]],
    ["*.b", ["a.b"], ["b", "a.b.c"]],
    ["a.*.c", ["a.b.c"], ["a.c", "a.b.b.c"]],
    ["a.#", ["a", "a.b", "a.b.c"], ["b", "ab"]],
    ["a.>", ["a", "a.b", "a.b.c"], ["b", "ab"]],
    ["#", ["a", "a.b.c"], []],
    ["*", ["a"], ["a.b"]],
  ])("%s fits %j, and not %j", (pattern, fitting, others) => {
    expect(fitting.filter((topic) => !matching(pattern, topic))).toEqual([]);
    expect(others.filter((topic) => matching(pattern, topic))).toEqual([]);
  });

  test("nothing is left behind by what was removed", () => {
    const trie = new Trie<string>();
    const patterns = ["a.b.c", "a.*.c", "a.#", "#", "a.b"];
    for (const pattern of patterns) trie.add(pattern.split("."), pattern);
    expect([...trie.matching(["a", "b", "c"])].toSorted()).toEqual(["#", "a.#", "a.*.c", "a.b.c"]);
    for (const pattern of patterns) trie.remove(pattern.split("."), pattern);
    expect(trie.empty).toBe(true);
    trie.remove(["never", "there"], "x");
  });
});

test.each([
  ["/topic/a.b", "/topic/a.b", true],
  ["/topic/a.*", "/topic/a.b", true],
  ["/topic/a.*", "/topic/a.*", true],
  ["/topic/a.#", "/topic/a.*", true],
  ["/topic/a.#", "/topic/a.>", true],
  ["/topic/a.#", "/topic/a", true],
  ["/topic/#", "/topic/a.b.#", true],
  ["/topic/a.b", "/topic/a.*", false],
  ["/topic/a.*", "/topic/a.#", false],
  ["/topic/a.*", "/topic/a.b.c", false],
  ["/topic/a.*", "/topic/#", false],
  ["/topic/a.b.#", "/topic/a.#", false],
  ["/topic/a.b.#", "/topic/a", false],
  ["/topic/a", "/queue/a", false],
  ["/queue/a.#", "/queue/a.b", true],
])("a permission for %s covers %s: %s", (wide, narrow, covered) => {
  expect(covers(readDestination(wide), readDestination(narrow))).toBe(covered);
});

test("what no permission lists is not allowed", () => {
  const permits = permissions([
    { login: "ann", verb: "send", destination: "/topic/a.*" },
    { login: "bob", verb: "subscribe", destination: "/topic/a.#" },
  ]);
  expect(permits("ann", "send", "/topic/a.b")).toBe(true);
  expect(permits("ann", "subscribe", "/topic/a.b")).toBe(false);
  expect(permits("bob", "subscribe", "/topic/a.*")).toBe(true);
  expect(permits("bob", "subscribe", "/topic/#")).toBe(false);
  expect(permits("eve", "send", "/topic/a.b")).toBe(false);
  expect(permissions([])("ann", "send", "/topic/a")).toBe(false);
});
