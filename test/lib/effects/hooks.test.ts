import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installHook, uninstallHook } from "../../../lib/effects/hooks.ts";
import { aRepository, type Repository } from "../../support/repository.ts";

const HOOK = join(import.meta.dirname, "../../../hooks/post-receive");
const OLDER = '#!/bin/sh\necho "older $(cat)"\nexit 3\n';

let folder: string;
let shop: Repository;
let hooks: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "skein-install-"));
  shop = await aRepository(folder);
  hooks = join(shop.path, "hooks");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const install = (more: Partial<Parameters<typeof installHook>[0]> = {}) =>
  installHook({ repository: shop.path, name: "shop", spool: join(folder, "spool"), hook: HOOK, ...more });
const uninstall = () => uninstallHook({ repository: shop.path });
const spooled = () => readdirSync(join(folder, "spool")).length;

function writeHook(text: string, mode = 0o755, name = "post-receive") {
  writeFileSync(join(hooks, name), text);
  chmodSync(join(hooks, name), mode);
}

async function push() {
  await shop.commit();
  return spawnSync("git", ["push", "--quiet", "origin", "main"], { cwd: shop.work, encoding: "utf8" });
}

test("pushes are announced once the hook is installed, and no more once it is taken out", async () => {
  const before = readdirSync(hooks);
  expect(await install()).toEqual([join(hooks, "post-receive")]);
  await push();
  expect(spooled()).toBe(1);
  await uninstall();
  await push();
  expect(spooled()).toBe(1);
  expect(readdirSync(hooks)).toEqual(before);
  expect(existsSync(join(shop.path, "skein-hook"))).toBe(false);
});

test.each([
  ["a script", 0o755],
  ["a script that may not be executed", 0o640],
])("%s that was there is kept, and put back to the byte", async (_what, mode) => {
  writeHook(OLDER, mode);
  await install();
  await install();
  const { status, stderr } = await push();
  expect([status, stderr.includes("older ")]).toEqual([0, mode === 0o755]);
  expect(spooled()).toBe(1);
  await uninstall();
  expect(readFileSync(join(hooks, "post-receive"), "utf8")).toBe(OLDER);
  expect(lstatSync(join(hooks, "post-receive")).mode & 0o777).toBe(mode);
  expect(readdirSync(hooks).filter((name) => name.includes("skein"))).toEqual([]);
});

test("a link that was there stays a link", async () => {
  writeHook(OLDER, 0o755, "common");
  symlinkSync("common", join(hooks, "post-receive"));
  await install();
  expect((await push()).stderr).toContain("older ");
  await uninstall();
  expect(lstatSync(join(hooks, "post-receive")).isSymbolicLink()).toBe(true);
});

test("where a forge owns the hook and runs a folder, ours goes into the folder", async () => {
  const dispatcher =
    '#!/bin/sh\ndata=$(cat)\nfor hook in hooks/$(basename $0).d/*; do echo "$data" | "$hook"; done\n';
  writeHook(dispatcher);
  mkdirSync(join(hooks, "post-receive.d"));
  expect(await install()).toEqual([join(hooks, "post-receive.d", "skein")]);
  expect(await install()).toEqual([join(hooks, "post-receive.d", "skein")]);
  await push();
  expect(spooled()).toBe(1);
  await uninstall();
  expect(readdirSync(join(hooks, "post-receive.d"))).toEqual([]);
  expect(readFileSync(join(hooks, "post-receive"), "utf8")).toBe(dispatcher);
});

test("core.hooksPath is followed; the repositories that share it are told apart", async () => {
  const shared = join(folder, "hooks");
  const team = await aRepository(join(folder, "team"));
  for (const each of [shop, team])
    appendFileSync(join(each.path, "config"), `[core]\n\thooksPath = ${shared}\n`);
  expect(await install()).toEqual([join(shared, "post-receive")]);
  await team.push();
  expect(spooled()).toBe(0);
  await install({ repository: team.path, name: "team" });
  await uninstall();
  await push();
  await team.push();
  expect(spooled()).toBe(1);
});

test("a hook that something else replaced is not taken out, and nothing is lost", async () => {
  writeHook(OLDER);
  await install();
  writeHook("#!/bin/sh\n# newer\n");
  await expect(uninstall()).rejects.toMatchObject({ code: "HOOK_REFUSED" });
  await expect(install()).rejects.toThrow(/both .* are there and neither is Skein's/);
  expect(readFileSync(join(hooks, "post-receive.before-skein"), "utf8")).toBe(OLDER);
});

test("what cannot be announced is refused, with a reason", async () => {
  await expect(install({ repository: folder })).rejects.toMatchObject({ code: "REPOSITORY_INVALID" });
  await expect(install({ spool: "/tmp/a\nb" })).rejects.toMatchObject({ code: "HOOK_REFUSED" });
  mkdirSync(join(hooks, "post-receive"));
  await expect(install()).rejects.toThrow(/is not a file/);
  await expect(uninstall()).rejects.toMatchObject({ code: "HOOK_REFUSED" });
});

test.runIf(process.getuid?.() === 0)("a spool that the pushers cannot write to is refused", async () => {
  chownSync(shop.path, 65_534, 65_534);
  await expect(install()).rejects.toThrow(/user 65534, who owns .* may not write to/);
  chmodSync(join(folder, "spool"), 0o3770);
  await expect(install()).resolves.toEqual([join(hooks, "post-receive")]);
});
