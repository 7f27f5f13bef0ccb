import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isRoot } from "../../../lib/effects/processes.ts";
import { aHost, linesIn, treeOf } from "./support/host.ts";

/** Of Debian, and with no shell: the older kit did nothing for such a user, and said nothing. */
const USER = "nobody";

/** Whoever may not become another user is told so. */
const asWhoMay = isRoot() ? describe : describe.skip;

test("a user that cannot be had keeps the daemon from starting", async () => {
  const checkout = { mode: "trusting", target: "docs" };
  const unknown = await aHost({ docs: { ...checkout, user: "no-such-user" } });
  await expect(unknown.daemon().reconcile()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: isRoot()
      ? "Cannot act as no-such-user: there is no such user"
      : "Cannot act as no-such-user: only root may act as another user",
  });
});

asWhoMay("as another user", () => {
  /** A host whose state nobody else may enter, and a folder that belongs to the user. */
  async function withUser(mode: string) {
    const host = await aHost({ docs: { mode, target: "home/docs", user: USER } });
    chmodSync(host.folder, 0o755);
    mkdirSync(host.settings.state, { mode: 0o700 });
    mkdirSync(host.at("home"));
    const { uid, gid } = statSync("/proc/self");
    expect([uid, gid]).toEqual([0, 0]);
    chownSync(host.at("home"), 65_534, 65_534);
    return host;
  }

  test.each(["trusting", "atomic", "puppetmaster"])(
    "all that is written in the mode %s is theirs",
    async (mode) => {
      const { shop, hear, at } = await withUser(mode);
      await shop.push({ page: "one", "sub/page": "one" });
      await hear();
      await shop.push({ page: "two" });
      await hear();
      const paths = readdirSync(at("home"), { recursive: true, encoding: "utf8" });
      expect(paths.length).toBeGreaterThan(3);
      expect(paths.filter((path) => lstatSync(at("home", path)).uid !== 65_534)).toEqual([]);
    },
  );

  test("programs that their own git names run without any right of ours", async () => {
    const { shop, hear, at } = await withUser("dangerous");
    await shop.push({ page: "one", ".gitattributes": "page filter=spy\n" });
    const as = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    execFileSync(as[0] ?? "", [
      ...as.slice(1),
      "git",
      "init",
      "--quiet",
      "--initial-branch=main",
      at("home", "docs"),
    ]);
    const spy = `sh -c "grep CapEff /proc/self/status >> ${at("home", "spied")}; cat"`;
    const config = `[filter "spy"]\n\tclean = ${JSON.stringify(spy)}\n\tsmudge = ${JSON.stringify(spy)}\n`;
    writeFileSync(at("home", "docs", ".git", "config"), `[core]\n\tbare = false\n${config}`);
    expect(linesIn(await hear()).at(-1)).toMatch(/ checked out: /);
    expect(treeOf(at("home", "docs"))).toMatchObject({ page: "one" });
    expect(readFileSync(at("home", "spied"), "utf8")).toMatch(/^(CapEff:\s0+\n)+$/);
    expect(lstatSync(at("home", "docs", ".git", "HEAD")).uid).toBe(65_534);
  });

  test("without a user, root writes into no folder of another one", async () => {
    const { shop, hear, at, folder } = await aHost({
      place: { mode: "dangerous", branch: "main", target: "place" },
      link: { mode: "atomic", target: "theirs/link" },
      env: { mode: "puppetmaster", target: "env" },
    });
    for (const each of ["place", "theirs", "env"]) {
      mkdirSync(join(folder, each));
      chownSync(join(folder, each), 65_534, 65_534);
    }
    await shop.push({ page: "one" });
    expect(linesIn(await hear()).filter((text) => text.includes("a folder of the user 65534"))).toHaveLength(
      3,
    );
    for (const each of ["place", "theirs", "env"]) expect(readdirSync(at(each))).toEqual([]);
  });

  test("what they may not write is not written by us", async () => {
    const { shop, hear, at } = await withUser("trusting");
    chownSync(at("home"), 0, 0);
    await shop.push({ page: "one" });
    expect(linesIn(await hear()).at(-1)).toMatch(/Permission denied$/);
    mkdirSync(at("home", "docs"));
    chownSync(at("home", "docs"), 65_534, 65_534);
    await hear();
    mkdirSync(at("home", "docs", "ours"));
    writeFileSync(at("home", "docs", "ours", "file"), "ours");
    await shop.push({ "ours/file": "theirs" });
    expect(linesIn(await hear()).at(-1)).toMatch(/^web1 problem: docs: /);
    expect(treeOf(join(at("home", "docs", "ours")))).toEqual({ file: "ours" });
  });
});
