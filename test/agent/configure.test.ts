import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aHost, type Host } from "./support/host.ts";

let host: Host;
let layers: string;
beforeEach(() => {
  layers = mkdtempSync(join(tmpdir(), "skein-layers-"));
});
afterEach(async () => {
  await host.close();
  rmSync(layers, { recursive: true, force: true });
});

const write = (name: string, text: string, mode = 0o640) => writeFileSync(join(layers, name), text, { mode });
const live = (name: string) => readFileSync(join(host.layout.current, name), "utf8");

const hostWith = (configure: Readonly<Record<string, unknown>>) =>
  aHost({ app: { configure: { folders: [layers], ...configure } } });

test("what the layers come to is written before the release goes live, with secrets that nobody hears of", async () => {
  host = await hostWith({
    cluster: "east",
    public: ["shop.name"],
    write: [
      { to: "config/all.json" },
      { to: "config/shown.yaml", format: "yaml", public: true },
      { to: ".env", format: "env", mode: "0600" },
    ],
    templates: [{ from: "vhost.tpl", to: "vhost" }],
  });
  write("common.yaml", "common: {mail: ops@example.com}\n");
  write("shop-production-east.yaml", `shop: {db: {password: !secret {file: ${join(layers, "pw")}}}}\n`);
  write("shop@web1.yaml", `shop: {token: !secret {command: [/bin/echo, hush-hush]}}\n`);
  write("pw", "hunter22\n");
  const { finished, prepared, gone } = await host.deploy(
    host.origin.commit({
      "deploy/configuration/shop-default.yaml": "shop: {name: Geese, db: {user: shop}}\n",
      "vhost.tpl": "ServerName {{aconf.name}} {{cconf.mail}} {{conf.shop.db.password}}\n",
      page: "first",
    }),
  );
  expect(finished?.outcome).toBe("live");
  expect(JSON.parse(live("config/all.json"))).toEqual({
    yoconfigurator: { app: "shop" },
    common: { mail: "ops@example.com" },
    shop: { name: "Geese", db: { user: "shop", password: "hunter22" }, token: "hush-hush" },
  });
  expect(live("config/shown.yaml")).toBe("shop:\n  name: Geese\n");
  expect(live(".env")).toContain("SHOP_DB_PASSWORD=hunter22\n");
  expect(live("vhost")).toBe("ServerName Geese ops@example.com hunter22\n");
  const modes = ["config/all.json", "config/shown.yaml", ".env", "vhost"].map(
    (name) => statSync(join(host.layout.current, name)).mode & 0o777,
  );
  expect(modes).toEqual([0o640, 0o644, 0o600, 0o640]);
  const heard = JSON.stringify([prepared, gone, host.logged]);
  for (const secret of ["hunter22", "hush-hush"]) expect(heard).not.toContain(secret);
  // Neither the journal nor a job keeps them.
  const kept = spawnSync(
    "grep",
    ["-rlE", "hunter22|hush-hush", host.layout.own, join(host.folder, "state")],
    { encoding: "utf8" },
  );
  expect(kept.stdout).toBe("");
});

test.each([
  ["a value that no layer gives", "shop: {name: !missing the name}\n", "LAYER_OPEN", "the name"],
  ["layers that contradict each other", "shop: 5\n", "LAYER_INVALID", "refusing to replace"],
  [
    "a secret that is not there",
    "shop: {key: !secret {file: /nowhere/key}}\n",
    "LAYER_SECRET",
    "/nowhere/key",
  ],
  [
    "a program that fails",
    "shop: {key: !secret {command: [/bin/false]}}\n",
    "LAYER_SECRET",
    "it ended with 1",
  ],
])("%s stops a deploy before anything live changes", async (_what, text, code, says) => {
  host = await hostWith({});
  const files = { "deploy/configuration/shop-default.yaml": "shop: {db: {}}\n", page: "good" };
  await host.deploy(host.origin.commit(files));
  const before = host.current();
  write("shop-overrides.yaml", text);
  const { finished } = await host.deploy(host.origin.commit({ page: "bad" }));
  expect(finished).toMatchObject({ outcome: "failed", phase: "configure", code });
  expect(finished?.reason).toContain(says);
  expect(host.current()).toBe(before);
});

test("a name in a template that no layer gives is an error that tells its line", async () => {
  host = await hostWith({ templates: [{ from: "tpl", to: "out" }] });
  const { finished } = await host.deploy(
    host.origin.commit({ tpl: "{{^conf.none}}fine{{/conf.none}}\n{{conf.shop.nme}}\n" }),
  );
  expect(finished).toMatchObject({ outcome: "failed", code: "TEMPLATE_INVALID" });
  expect(finished?.reason).toContain("tpl:2 there is no conf.shop.nme");
});

test("nothing is written through a link that leads out of the release", async () => {
  mkdirSync(join(layers, "outside"));
  host = await aHost({ app: { symlinks: "any", configure: { write: [{ to: "out/all.json" }] } } });
  symlinkSync(join(layers, "outside"), join(layers, "link"));
  const { finished } = await host.deploy(host.origin.commit({ out: { link: join(layers, "outside") } }));
  expect(finished).toMatchObject({ outcome: "failed", code: "TREE_SYMLINK" });
  expect(() => statSync(join(layers, "outside", "all.json"))).toThrow("ENOENT");
});
