import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runSkein } from "../support/program.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "skein-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
};
const skein = (...words: string[]) =>
  runSkein(words, { cwd: folder, env: { PATH: process.env["PATH"] ?? "", HOME: folder } });

test("layers are laid over each other in the order in which they are named, and printed as JSON", async () => {
  write({
    "one.yaml": "db: {host: one, port: 5432, old: x}\nlist: [1]\nname: !missing the name\nn: 1.0\n",
    "two.json": '{"db": {"old": {"$deleted": true}}, "list": [2], "é": true}',
    "three.yml": "name: shop\ndb: {host: three}\npassword: !secret {env: SHOP_PASSWORD}\n",
  });
  const { status, stdout, stderr } = await skein("config", "merge", "one.yaml", "two.json", "three.yml");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toBe(`{
    "db": {
        "host": "three",
        "port": 5432
    },
    "list": [
        1,
        2
    ],
    "name": "shop",
    "n": 1.0,
    "\\u00e9": true,
    "password": "***"
}
`);
});

test.each([
  [
    "a type that changes",
    { "b.yaml": "a: '42'\n" },
    "b.yaml:1:1 a refusing to replace an int with a str: a.yaml:1:1 says an int",
  ],
  [
    "a value that nobody gives",
    { "b.yaml": "b: !missing the database\n" },
    "missing value found in config: no layer gives the database",
  ],
  ["a file that is none", { "b.yaml": "a: [\n" }, "b.yaml:"],
  ["a file that is not there", {}, "Cannot read b.yaml"],
])("%s is an error, with nothing on standard output", async (_what, files, says) => {
  rmSync(join(folder, "b.yaml"), { force: true });
  write({ "a.yaml": "a: 42\n", ...files });
  const { status, stdout, stderr } = await skein("config", "merge", "a.yaml", "b.yaml");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(says);
});

test("what an app gets on a host, and which layer said so", async () => {
  const layers = join(folder, "layers");
  write({
    "skein.yaml": `repositories: {shop: {url: ./shop.git}}
apps:
  shop: {repository: shop, root: ./live, configure: {folders: [${layers}], public: [shop.name]}}
`,
    "layers/common.yaml": "common: {mail: a@example.com}\n",
    "layers/common-production.yaml": "common: {mail: ops@example.com}\n",
    "own/shop-default.yaml": "shop: {name: Geese, key: !secret {file: /etc/shop.key}}\n",
    "layers/shop@web1.yaml": "shop: {name: Geese on web1}\n",
  });
  const show = (...words: string[]) => skein("config", "show", "shop", "--app-folder", "own", ...words);
  expect(JSON.parse((await show("--host", "web2")).stdout)).toEqual({
    yoconfigurator: { app: "shop" },
    common: { mail: "ops@example.com" },
    shop: { name: "Geese", key: "***" },
  });
  expect(JSON.parse((await show("--host", "web1", "--public")).stdout)).toEqual({
    shop: { name: "Geese on web1" },
  });
  expect((await show("--env", "staging", "--host", "web2", "--format", "env")).stdout).toContain(
    "COMMON_MAIL=a@example.com\n",
  );
  const why = await show("--host", "web1", "--why", "shop.name");
  expect(why.stdout).toMatch(
    /shop\.name is "Geese on web1"[\s\S]*own\/shop-default\.yaml:1:8[\s\S]*layers\/shop@web1\.yaml:1:8/,
  );
});
