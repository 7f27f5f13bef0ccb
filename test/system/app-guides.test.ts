import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { aTerminal, type Guide, readGuide, type Terminal } from "../support/guide.ts";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Running, startSkein } from "../support/program.ts";

/** One machine, on which all that these guides configure stands in one file. */
let folder: string;
let terminal: Terminal;
let running: Running | undefined;
let guides: Readonly<Record<"artifacts" | "layers" | "drivers", Guide>>;

const SECRET = "hush-hush";
const put = (files: Readonly<Record<string, string>>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};
const read = (path: string) => readFileSync(join(folder, path), "utf8");

type Section = Readonly<Record<string, unknown>>;
const isSection = (value: unknown): value is Section =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const over = (below: unknown, above: unknown): unknown =>
  isSection(below) && isSection(above)
    ? {
        ...below,
        ...Object.fromEntries(Object.entries(above).map(([key, each]) => [key, over(below[key], each)])),
      }
    : above;

/** Makes a repository with these files, and pushes it under these names. */
const repository = (name: string, files: Readonly<Record<string, string>>, ...refs: string[]): string => {
  put(Object.fromEntries(Object.entries(files).map(([path, text]) => [`work/${name}/${path}`, text])));
  const at = `git -C work/${name}`;
  return `[ -d ${name}.git ] || { git init -q --bare --initial-branch=main ${name}.git; git init -q --initial-branch=main work/${name}; ${at} remote add origin ../../${name}.git; }
${at} add .; ${at} commit -qm "Change"; ${refs
    .filter((ref) => ref !== "main")
    .map((ref) => `${at} tag ${ref};`)
    .join(" ")} ${at} push -q origin ${refs.join(" ")}
`;
};

beforeAll(async () => {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "skein-guides-")));
  folder = join(top, "deploys");
  mkdirSync(folder);
  terminal = aTerminal(folder, join(top, "home"));
  const here = { "/srv/": `${folder}/srv/`, "/etc/": `${folder}/etc/`, "/var/www/": `${folder}/www/` };
  guides = {
    artifacts: readGuide("artifacts", here),
    layers: readGuide("configuration-layers", here),
    drivers: readGuide("drivers", here),
  };
  const blocks = Object.values(guides).flatMap(({ blocks: of }) => of("yaml"));
  const own = {
    host: "web1",
    broker: { listen: "127.0.0.1:0" },
    repositories: { shop: { url: "./shop.git" }, legacy: { url: "./legacy.git" } },
  };
  const configuration = [...blocks.map((block) => parse(block) as unknown), own].reduce(over, {});
  await terminal.type("skein init");
  put({ "skein.yaml": stringify(configuration) });
  for (const each of ["srv/artifacts", "srv/uploads", "www/legacy"])
    mkdirSync(join(folder, each), { recursive: true });
  put({ "etc/shop/password": SECRET });
  chmodSync(join(folder, "etc/shop/password"), 0o600);
  await terminal.type(
    [
      repository("theme", { page: "theme 1" }, "main", "v1"),
      repository("news", { page: "news main" }, "main"),
      repository("legacy", { page: "legacy" }, "main"),
      repository(
        "shop",
        {
          "deploy/vhost.tpl": "{{aconf.name}} {{cconf.mail}} {{conf.common.mail}}\n",
          "deploy/configuration/shop-default.yaml":
            "shop:\n  name: !missing the name\n  db: {host: db, port: 5432}\n",
        },
        "main",
      ),
      "skein check",
    ].join("\n"),
  );
  running = startSkein(["up"], { cwd: folder, env: terminal.env });
  await running.says("ready:");
}, 60_000);

afterAll(async () => {
  await running?.stop();
  rmSync(dirname(folder), { recursive: true, force: true });
});

test("the guide of artifacts ends with what was built, live", { timeout: 60_000 }, async () => {
  put({ "api-1.4.2/index.html": "api 1.4.2" });
  const [build = "", deploy = "", ...more] = guides.artifacts.blocks("sh");
  expect(more).toEqual([]);
  expect(await terminal.type(build)).toBe("1.4.2\n");
  const [first = "", latest = ""] = deploy.trimEnd().split("\n");
  expect(await terminal.type(first)).toContain("succeeded");
  expect(read("srv/api/current/index.html")).toBe("api 1.4.2");
  put({ "api-1.4.3/index.html": "api 1.4.3" });
  // Every command that it names besides, in its own words.
  const named = [
    ...guides.artifacts.text.matchAll(/`((?:skein artifact )?(?:list|versions|latest|get|delete|gc)[^`]*)`/g),
  ].map(([, words = ""]) =>
    `skein artifact ${words.replace("skein artifact ", "")}`.replace("FILE", "got").replace("V", "1.4.2"),
  );
  expect(named.map((words) => words.split(" ")[2])).toEqual([
    "list",
    "versions",
    "latest",
    "get",
    "delete",
    "gc",
  ]);
  expect(
    await terminal.type(
      ["tar -czf api.tar.gz api-1.4.3", "skein artifact put api api.tar.gz --sign", ...named].join("\n"),
    ),
  ).toMatch(/^1\.4\.3\napp +.*\napi .* 2 +1\.4\.3\n1\.4\.2\n1\.4\.3\n1\.4\.3\n.*got\n$/);
  expect(await terminal.type(latest)).toContain("succeeded");
  expect(read("srv/api/current/index.html")).toBe("api 1.4.3");
});

test("the guide of layers ends with what they come to, in the release", { timeout: 60_000 }, async () => {
  const layers = {
    "common.yaml": "common: {mail: mail@example.com}\n",
    "shop-production.yaml": `shop:\n  name: Geese\n  db: {host: db1, password: !secret {file: ${folder}/etc/shop/password}}\n`,
  };
  put(layers);
  put(Object.fromEntries(Object.entries(layers).map(([name, text]) => [`etc/skein/layers/${name}`, text])));
  const [look = "", merge = "", ...more] = guides.layers.blocks("sh");
  expect(more).toEqual([]);
  const [show = "", why = "", from = ""] = look.trimEnd().split("\n");
  const shown = await terminal.type(show);
  expect(JSON.parse(shown)).toMatchObject({ shop: { name: "Geese", db: { host: "db1", password: "***" } } });
  expect(await terminal.type(why)).toMatch(/shop-production\.yaml:3:8 +shop\.db\.host +"db1"\n/);
  expect(await terminal.type(from)).toMatch(/shop-default\.yaml:3.*"db"\n.*shop-production\.yaml:3.*"db1"\n/);
  expect(JSON.parse(await terminal.type(merge))).toMatchObject({ common: { mail: "mail@example.com" } });
  expect(await terminal.type("skein deploy shop main")).toContain("succeeded");
  const live = "srv/shop/current";
  expect(JSON.parse(read(`${live}/configuration.json`))).toMatchObject({
    shop: { db: { password: SECRET } },
  });
  expect(statSync(join(folder, live, "configuration.json")).mode & 0o777).toBe(0o640);
  expect(JSON.parse(read(`${live}/public/configuration.json`))).toEqual({ shop: { name: "Geese" } });
  expect(read(`${live}/.env`)).toContain(SECRET);
  expect(read(`${live}/vhost.conf`)).toBe("Geese mail@example.com mail@example.com\n");
});

test(
  "the guide of drivers ends with a site of parts, and a folder changed in place",
  { timeout: 60_000 },
  async () => {
    const [hooks = "", all = "", parts = "", ...more] = guides.drivers.blocks("sh");
    expect(more).toEqual([]);
    const live = "srv/portal/current";
    put({ "srv/uploads/photo": "geese" });
    await terminal.type(hooks);
    expect(await terminal.type(all)).toContain("succeeded");
    expect([
      read(`${live}/page`),
      read(`${live}/modules/news/page`),
      read(`${live}/files/uploads/photo`),
    ]).toEqual(["theme 1", "news main", "geese"]);
    await terminal.type(
      [
        repository("theme", { page: "theme 2" }, "main", "v2"),
        repository("news", { page: "news 2.1" }, "main", "v2.1"),
      ].join("\n"),
    );
    const [one = "", both = ""] = parts.trimEnd().split("\n");
    expect(await terminal.type(one)).toContain("succeeded");
    expect([read(`${live}/page`), read(`${live}/modules/news/page`)]).toEqual(["theme 1", "news 2.1"]);
    expect(await terminal.type(both)).toContain("succeeded");
    expect([read(`${live}/page`), read(`${live}/modules/news/page`)]).toEqual(["theme 2", "news 2.1"]);

    put({ "www/legacy/upload": "mine" });
    expect(await terminal.type("skein deploy legacy main")).toContain("succeeded");
    expect([read("www/legacy/page"), read("www/legacy/upload")]).toEqual(["legacy", "mine"]);
    expect(read("srv/skein/legacy/TAG")).toBe("Tag: main\n");
    expect([
      existsSync(join(folder, "www/legacy/.git")),
      lstatSync(join(folder, live)).isSymbolicLink(),
    ]).toEqual([false, true]);
  },
);
