import { expect, test } from "vitest";
import { z } from "zod";
import { parseYaml } from "../../../lib/schema/yaml.ts";
import { sharedSettings } from "../../../lib/config/settings.ts";
import { codeOf, reasonOf } from "../../../lib/failure.ts";

function wrong(text: string, schema: z.ZodType = sharedSettings): string[] {
  try {
    parseYaml(text, schema, "skein.yaml");
  } catch (error) {
    if (codeOf(error) !== "CONFIG_INVALID") throw error;
    return reasonOf(error).split("\n");
  }
  return [];
}

test("everything that is wrong is listed at once, each with its line and column", () => {
  expect(
    wrong(`state: 7
repostories: {}
repositories:
  shop:
    url: ftp://example.com/shop.git
    colour: red
apps:
  Shop!:
    repository: shop
    root: /srv/shop
`),
  ).toEqual([
    "skein.yaml:1:8 state must be a text",
    "skein.yaml:2:1 repostories is not a known key",
    "skein.yaml:5:10 repositories.shop.url must be https://, ssh://, svn://, svn+ssh://, user@host:path, or the path of a folder",
    "skein.yaml:6:5 repositories.shop.colour is not a known key",
    "skein.yaml:8:3 apps.Shop!: the key must be an app name such as shop",
  ]);
});

test("what is missing is said where it should stand", () => {
  expect(wrong("apps:\n  shop:\n    root: /srv/shop\n")).toEqual([
    "skein.yaml:3:5 apps.shop.repository is missing: it must be a repository name such as team/site",
  ]);
});

test.each([
  ["a syntax error", "apps: [", /^skein\.yaml:1:\d+ /],
  ["a key that stands twice", "host: a\nhost: b\n", /^skein\.yaml:2:1 Map keys must be unique/],
  ["an alias bomb", `a: &a [x]\nb: [${"*a, ".repeat(20)}*a]\n`, /an alias is not read here/],
  ["deep nesting", "[".repeat(20_000), /nested more than/],
  ["deep nesting that ends on its line", `${"[".repeat(20_000)}${"]".repeat(20_000)}`, /nested more than/],
  [
    "deep nesting by indentation",
    Array.from({ length: 400 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"),
    /nested more than/,
  ],
  ["a text without end", `a: "${"x".repeat(300_000)}"`, /larger than/],
])("%s is refused with its place", (_name, text, says) => {
  expect(wrong(text)[0]).toMatch(says);
});

test.each(["__proto__: {polluted: 1}", "constructor: {prototype: {polluted: 1}}"])(
  "%s pollutes nothing",
  (text) => {
    expect(wrong(text)).not.toEqual([]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  },
);

test("an empty file is a configuration of defaults", () => {
  expect(parseYaml("", sharedSettings, "skein.yaml")).toMatchObject({
    state: ".skein",
    topics: { prefix: "skein" },
    apps: {},
  });
});

test("a password in the URL of a repository is refused", () => {
  expect(wrong("repositories: {shop: {url: 'https://u:secret@example.com/shop.git'}}")[0]).toMatch(
    /must not hold a password/,
  );
});
