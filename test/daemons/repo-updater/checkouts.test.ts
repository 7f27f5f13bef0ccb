import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { settings as schema } from "../../../daemons/repo-updater/config.ts";
import { takeLock } from "../../../lib/effects/lock.ts";
import { revisionOf } from "../../support/builders.ts";
import { aHost, linesIn, treeOf, updatesIn } from "./support/host.ts";

describe("normal", () => {
  test("nothing is checked out, whatever is pushed", async () => {
    const { shop, hear, folder, daemon } = await aHost({ shop: { mode: "normal" } });
    await shop.push({ page: "one" });
    const said = await hear();
    expect(updatesIn(said)).toEqual([]);
    expect(linesIn(said)).toHaveLength(1);
    await daemon().reconcile();
    expect(readdirSync(folder).sort()).toEqual(["shop.git", "state", "work"]);
  });
});

describe("trusting", () => {
  test("the default branch is checked out where nothing is, and followed", async () => {
    const { shop, hear, at } = await aHost({ docs: { mode: "trusting", target: "docs" } });
    await shop.git.checkoutLocalBranch("trunk");
    const first = await shop.push({ page: "one", "sub/old": "old" });
    execFileSync("git", ["--git-dir", shop.path, "symbolic-ref", "HEAD", "refs/heads/trunk"]);
    const said = await hear();
    expect(treeOf(at("docs"))).toEqual({ page: "one", "sub/old": "old" });
    expect(updatesIn(said)).toMatchObject([
      { checkout: "docs", mode: "trusting", ref: "refs/heads/trunk", revision: first, path: at("docs") },
    ]);
    expect(linesIn(said)).toEqual([
      `web1 fetched change: [shop] refs/heads/trunk ${first}`,
      `web1 checked out: [shop] trunk to ${at("docs")}`,
    ]);
    await shop.git.rm(["sub/old"]);
    await shop.push({ page: "two" });
    await hear();
    expect(treeOf(at("docs"))).toEqual({ page: "two" });
    expect(existsSync(at("docs", "sub"))).toBe(false);
  });

  test("files that others put there stay; files of the revision that they changed are put right", async () => {
    const { shop, hear, at, daemon } = await aHost({ docs: { mode: "trusting", target: "docs" } });
    await shop.push({ page: "one", other: "other" });
    await hear();
    writeFileSync(at("docs", "upload"), "theirs");
    writeFileSync(at("docs", "page"), "scribbled");
    rmSync(at("docs", "other"));
    expect(updatesIn(await daemon().reconcile())).toEqual([]);
    expect(treeOf(at("docs"))).toEqual({ page: "one", other: "other", upload: "theirs" });
  });

  test("a folder that holds something else is left alone, and that is said once", async () => {
    const { shop, hear, at } = await aHost({ docs: { mode: "trusting", target: "docs" } });
    mkdirSync(at("docs"));
    writeFileSync(at("docs", "precious"), "1");
    await shop.push({ page: "one" });
    expect(linesIn(await hear()).at(-1)).toBe(
      `web1 problem: docs: Cannot check out as ${at("docs")}: it holds files that were not checked out there: empty it, or use the mode dangerous`,
    );
    await shop.push({ page: "two" });
    expect(linesIn(await hear())).toHaveLength(1);
    expect(treeOf(at("docs"))).toEqual({ precious: "1" });
  });

  test("what could not be checked out is, once what stood in the way is gone", async () => {
    const { shop, hear, at, daemon, wait } = await aHost({ docs: { mode: "trusting", target: "docs" } });
    mkdirSync(at("docs"));
    writeFileSync(at("docs", "precious"), "1");
    await shop.push({ page: "one" });
    await hear();
    rmSync(at("docs", "precious"));
    expect(await daemon().tick()).toEqual([]);
    wait(10_000);
    expect(updatesIn(await daemon().tick())).toHaveLength(1);
    expect(treeOf(at("docs"))).toEqual({ page: "one" });
    wait(10_000);
    expect(await daemon().tick()).toEqual([]);
  });
});

describe("the default branch", () => {
  test("is the only one there is, where the repository names one that nobody pushed", async () => {
    const { shop, hear, at } = await aHost({ docs: { mode: "trusting", target: "docs" } });
    await shop.git.checkoutLocalBranch("trunk");
    await shop.push({ page: "one" });
    await hear();
    expect(treeOf(at("docs"))).toEqual({ page: "one" });
  });

  test("is none of several, where the repository names one that nobody pushed", async () => {
    const { shop, hear, at } = await aHost({ docs: { mode: "trusting", target: "docs" } });
    await shop.commit({ page: "one" });
    await shop.git.raw(["push", "origin", "HEAD:a", "HEAD:b"]);
    expect(linesIn(await hear())).toContain(
      "web1 problem: docs: shop names no default branch that it has: name one in `branch`",
    );
    expect(existsSync(at("docs"))).toBe(false);
  });

  test("stays what it was while the repository is away", async () => {
    const { shop, hear, at, restart } = await aHost({ docs: { mode: "trusting", target: "docs" } });
    await shop.push({ page: "one" });
    await shop.git.raw(["push", "origin", "HEAD:other"]);
    await hear();
    writeFileSync(at("docs", "page"), "scribbled");
    execFileSync("mv", [shop.path, `${shop.path}.away`]);
    await restart().reconcile();
    expect(treeOf(at("docs"))).toEqual({ page: "one" });
  });
});

describe("branch", () => {
  test("pushes of another branch change nothing", async () => {
    const { shop, hear, at } = await aHost({ live: { mode: "branch", branch: "live", target: "live" } });
    await shop.push({ page: "main" });
    await shop.git.checkoutLocalBranch("live");
    await shop.push({ page: "live" });
    expect(updatesIn(await hear())).toHaveLength(1);
    await shop.git.checkout("main");
    await shop.push({ page: "main again" });
    expect(updatesIn(await hear())).toEqual([]);
    expect(treeOf(at("live"))).toEqual({ page: "live" });
  });

  test("a branch that is deleted leaves what is there, and that is said", async () => {
    const { shop, hear, at } = await aHost({ live: { mode: "branch", branch: "live", target: "live" } });
    await shop.push({ page: "main" });
    await shop.git.raw(["push", "origin", "HEAD:live"]);
    await hear();
    await shop.git.raw(["push", "origin", ":live"]);
    expect(linesIn(await hear())).toContain(
      "web1 problem: live: shop has no branch live: what was checked out of it stays",
    );
    expect(treeOf(at("live"))).toEqual({ page: "main" });
  });

  test("two checkouts of one repository never mix: what one branch deleted is not left by the other", async () => {
    const { shop, hear, at } = await aHost({
      a: { mode: "branch", branch: "a", target: "a" },
      b: { mode: "branch", branch: "b", target: "b" },
    });
    await shop.push({ common: "1", gone: "1" });
    for (const each of ["a", "b"]) await shop.git.raw(["push", "origin", `HEAD:${each}`]);
    await hear();
    await shop.git.rm(["gone"]);
    await shop.commit({ common: "2" });
    await shop.git.raw(["push", "origin", "HEAD:a"]);
    await hear();
    expect([treeOf(at("a")), treeOf(at("b"))]).toEqual([{ common: "2" }, { common: "1", gone: "1" }]);
  });
});

describe("dangerous", () => {
  test("a work tree of people is forced to the branch: changes go, what it did not know stays", async () => {
    const { shop, hear, at } = await aHost({ site: { mode: "dangerous", branch: "main", target: "site" } });
    await shop.push({ page: "one", old: "1" });
    execFileSync("git", ["clone", "--quiet", shop.path, at("site")]);
    writeFileSync(at("site", "page"), "patched by hand");
    writeFileSync(at("site", "upload"), "theirs");
    await shop.git.rm(["old"]);
    await shop.push({ page: "two" });
    expect(updatesIn(await hear())).toHaveLength(1);
    expect(treeOf(at("site"))).toEqual({ page: "two", upload: "theirs" });
  });

  test("its own git knows: the branch is moved along, and nothing counts as changed", async () => {
    const { shop, hear, at } = await aHost({ site: { mode: "dangerous", branch: "live", target: "site" } });
    await shop.push({ page: "one" });
    await shop.git.raw(["push", "origin", "HEAD:live"]);
    execFileSync("git", ["clone", "--quiet", shop.path, at("site")]);
    const inSite = (...words: string[]) =>
      execFileSync("git", ["-C", at("site"), ...words], { encoding: "utf8" }).trim();
    writeFileSync(at("site", ".git", "hooks", "reference-transaction"), `#!/bin/sh\ntouch ${at("ran")}\n`, {
      mode: 0o755,
    });
    inSite("config", "core.fsmonitor", `touch ${at("ran")}; false`);
    for (const turn of ["two", "three"]) {
      const head = await shop.commit({ page: turn, [turn]: turn });
      await shop.git.raw(["push", "origin", "HEAD:live"]);
      expect(updatesIn(await hear())).toMatchObject([{ revision: head }]);
      expect(existsSync(at("ran"))).toBe(false);
      expect(inSite("rev-parse", "HEAD")).toBe(head);
      expect(inSite("symbolic-ref", "HEAD")).toBe("refs/heads/live");
      expect(inSite("-c", "core.fsmonitor=false", "status", "--porcelain")).toBe("");
    }
    expect(inSite("-c", "core.fsmonitor=false", "fsck", "--connectivity-only")).toBe("");
  });

  test("where nothing is, nothing is made", async () => {
    const { shop, hear, at } = await aHost({ site: { mode: "dangerous", branch: "main", target: "site" } });
    await shop.push({ page: "one" });
    expect(linesIn(await hear()).at(-1)).toMatch(
      /is not there, and the mode dangerous updates only what is$/,
    );
    expect(existsSync(at("site"))).toBe(false);
  });
});

describe("atomic", () => {
  test("a new folder is made beside, and the link turned over; the former stays for who is still in it", async () => {
    const { shop, hear, at } = await aHost({ web: { mode: "atomic", branch: "main", target: "web" } });
    await shop.push({ page: "one", old: "1" });
    await hear();
    expect(lstatSync(at("web")).isSymbolicLink()).toBe(true);
    const first = realpathSync(at("web"));
    writeFileSync(join(first, "scratch"), "left by a program");
    await shop.git.rm(["old"]);
    await shop.push({ page: "two" });
    await hear();
    expect(treeOf(realpathSync(at("web")))).toEqual({ page: "two" });
    expect(readFileSync(join(first, "page"), "utf8")).toBe("one");
    await shop.push({ page: "three" });
    await hear();
    expect(existsSync(first)).toBe(false);
    expect(readdirSync(at(".skein-web"))).toHaveLength(2);
  });

  test("a folder in the place of the link is never touched", async () => {
    const { shop, hear, at } = await aHost({ web: { mode: "atomic", branch: "main", target: "web" } });
    mkdirSync(at("web"));
    await shop.push({ page: "one" });
    expect(linesIn(await hear()).at(-1)).toMatch(/is there already, and was not checked out: move it away$/);
    rmSync(at("web"), { recursive: true });
    symlinkSync("/etc", at("web"));
    await hear();
    expect(readlinkSync(at("web"))).toBe("/etc");
  });
});

describe("puppetmaster", () => {
  const environments = { env: { mode: "puppetmaster", target: "env" } };
  const inEnv = (path: string) => readdirSync(path).filter((each) => !each.startsWith("."));

  test("each branch has a folder, which goes with it", async () => {
    const { shop, hear, at } = await aHost(environments);
    await shop.push({ "manifests/site.pp": "node default {}" });
    await shop.git.raw(["push", "origin", "HEAD:production", "HEAD:feature/new-vhost"]);
    const said = await hear();
    expect(inEnv(at("env"))).toEqual(["feature_new_vhost", "main", "production"]);
    expect(treeOf(realpathSync(at("env", "production")))).toEqual({ "manifests/site.pp": "node default {}" });
    expect(linesIn(said)).toContain(
      `web1 checked out: [shop] feature/new-vhost to ${at("env", "feature_new_vhost")}`,
    );
    await shop.git.raw(["push", "origin", ":feature/new-vhost"]);
    const after = await hear({
      change: "deleted",
      after: revisionOf("0"),
      ref: "refs/heads/feature/new-vhost",
    });
    expect(inEnv(at("env"))).toEqual(["main", "production"]);
    expect(updatesIn(after)).toMatchObject([{ ref: "refs/heads/feature/new-vhost", revision: null }]);
    expect(linesIn(after)).toContain(
      `web1 removed branch ${at("env", "feature_new_vhost")}: [shop] feature/new-vhost is gone`,
    );
    expect(readdirSync(at("env", ".skein-env"))).toHaveLength(2);
  });

  test("of two branches that come to one name, the first keeps it and the other is refused", async () => {
    const { shop, hear, at, daemon } = await aHost(environments);
    await shop.push({ page: "one" });
    await shop.git.raw(["push", "origin", "HEAD:fix/a"]);
    await hear();
    await shop.push({ page: "two" });
    await shop.git.raw(["push", "origin", "HEAD:fix-a"]);
    const said = await hear();
    expect(linesIn(said)).toContain(
      "web1 problem: env: fix-a would be fix_a, which fix/a is already: rename one of them",
    );
    expect(treeOf(realpathSync(at("env", "fix_a")))).toEqual({ page: "one" });
    expect(treeOf(realpathSync(at("env", "main")))).toEqual({ page: "two" });
    await shop.git.raw(["push", "origin", ":fix/a"]);
    await hear();
    expect(treeOf(realpathSync(at("env", "fix_a")))).toEqual({ page: "two" });
    expect(await daemon().reconcile()).toEqual([]);
  });

  test("a message of a deletion removes nothing: what the repository has decides", async () => {
    const { shop, hear, at } = await aHost(environments);
    await shop.push({ page: "one" });
    await hear();
    expect(updatesIn(await hear({ change: "deleted", after: revisionOf("0") }))).toEqual([]);
    expect(inEnv(at("env"))).toEqual(["main"]);
  });

  test("folders that others made are neither taken nor removed", async () => {
    const { shop, hear, at } = await aHost(environments);
    mkdirSync(at("env", "held"), { recursive: true });
    mkdirSync(at("env", "theirs"));
    await shop.push({ page: "one" });
    await shop.git.raw(["push", "origin", "HEAD:held"]);
    expect(linesIn(await hear())).toContain(
      `web1 problem: env: Cannot check out as ${at("env", "held")}: it is there already, and was not checked out: move it away`,
    );
    await shop.git.raw(["push", "origin", ":held"]);
    await hear();
    expect(inEnv(at("env"))).toEqual(["held", "main", "theirs"]);
    expect(lstatSync(at("env", "held")).isDirectory()).toBe(true);
  });

  test("branches that went while nobody listened are removed at the start", async () => {
    const { shop, hear, at, restart } = await aHost(environments);
    await shop.push({ page: "one" });
    await shop.git.raw(["push", "origin", "HEAD:old"]);
    await hear();
    await shop.git.raw(["push", "origin", ":old", "HEAD:new"]);
    await restart().reconcile();
    expect(inEnv(at("env"))).toEqual(["main", "new"]);
  });

  test("a repository that is away, or empty all at once, removes nothing", async () => {
    const { shop, hear, at, restart, folder } = await aHost(environments);
    await shop.push({ page: "one" });
    await hear();
    rmSync(join(folder, "state", "mirrors"), { recursive: true });
    execFileSync("mv", [shop.path, `${shop.path}.away`]);
    await restart().reconcile();
    expect(inEnv(at("env"))).toEqual(["main"]);
    execFileSync("git", ["init", "--quiet", "--bare", shop.path]);
    expect(linesIn(await restart().reconcile()).at(-1)).toMatch(
      /no branch and no tag at all: nothing is removed$/,
    );
    expect(treeOf(realpathSync(at("env", "main")))).toEqual({ page: "one" });
  });

  test("only the branches that are wanted; those that are no longer go", async () => {
    const { shop, hear, at } = await aHost({
      env: { mode: "puppetmaster", target: "env", refs: ["release/*", "main"] },
    });
    await shop.push({ page: "one" });
    await shop.git.raw(["push", "origin", "HEAD:release/1", "HEAD:wip/x"]);
    await hear();
    expect(inEnv(at("env"))).toEqual(["main", "release_1"]);
  });
});

describe("tags", () => {
  test("each tag has a folder, which follows it and goes with it", async () => {
    const { shop, hear, at } = await aHost({ tags: { mode: "tags", target: "tags", refs: ["v*"] } });
    await shop.push({ page: "one" });
    await shop.git.addAnnotatedTag("v1.0", "first");
    await shop.git.addTag("nightly");
    await shop.git.raw(["push", "origin", "v1.0", "nightly"]);
    const said = await hear();
    expect(readdirSync(at("tags")).sort()).toEqual([".skein-tags", "v1.0"]);
    expect(treeOf(realpathSync(at("tags", "v1.0")))).toEqual({ page: "one" });
    expect(linesIn(said)).toContain(`web1 checked out: [shop] v1.0 to ${at("tags", "v1.0")}`);
    await shop.git.raw(["push", "origin", ":v1.0"]);
    expect(linesIn(await hear())).toContain(`web1 removed tag ${at("tags", "v1.0")}: [shop] v1.0 is gone`);
    expect(readdirSync(at("tags"))).toEqual([".skein-tags"]);
  });
});

describe("after builds", () => {
  const after = { web: { mode: "atomic", branch: "main", target: "web", on: "build" } };
  const page = (path: string) => (existsSync(path) ? readFileSync(join(path, "page"), "utf8") : undefined);

  test("just the revision that passed is checked out, whatever was pushed since", async () => {
    const { shop, hear, built, at } = await aHost(after);
    const first = await shop.push({ page: "one" });
    await hear();
    expect(page(at("web"))).toBeUndefined();
    await shop.push({ page: "two" });
    await hear();
    expect(updatesIn(await built(first))).toMatchObject([{ revision: first }]);
    expect(page(at("web"))).toBe("one");
  });

  test("a build that failed checks nothing out, nor does one of a revision that no branch has", async () => {
    const { shop, hear, built, at } = await aHost(after);
    const first = await shop.push({ page: "one" });
    await hear();
    for (const outcome of ["failed", "errored", "cancelled"]) await built(first, { outcome });
    await built(revisionOf("b"));
    await shop.git.raw(["push", "origin", "HEAD:other"]);
    await shop.git.raw(["commit", "--quiet", "--allow-empty", "-m", "elsewhere"]);
    const elsewhere = (await shop.git.revparse(["HEAD"])).trim();
    await shop.git.raw(["push", "origin", "HEAD:other"]);
    await built(elsewhere);
    expect(page(at("web"))).toBeUndefined();
    await built(first);
    expect(page(at("web"))).toBe("one");
  });

  test("builds that end in another order than they began do not lead back", async () => {
    const { shop, built, at } = await aHost(after);
    const first = await shop.push({ page: "one" });
    const second = await shop.push({ page: "two" });
    await built(second);
    await built(first);
    expect(page(at("web"))).toBe("two");
  });

  test("a branch that was forced to something else leads there once that passed", async () => {
    const { shop, built, at } = await aHost(after);
    await shop.push({ page: "one" });
    await built(await shop.push({ page: "two" }));
    await shop.git.raw(["reset", "--hard", "HEAD~1"]);
    const third = await shop.commit({ page: "three" });
    await shop.git.raw(["push", "--force", "origin", "HEAD:main"]);
    await built(third);
    expect(page(at("web"))).toBe("three");
  });

  test("where pipelines are named, all of them must have passed, and the last result of each counts", async () => {
    const { shop, built, at } = await aHost({ web: { ...after.web, pipelines: ["unit", "site"] } });
    const first = await shop.push({ page: "one" });
    await built(first, { pipeline: "unit" });
    await built(first, { pipeline: "lint" });
    await built(first, { pipeline: "unit", outcome: "failed" });
    await built(first, { pipeline: "site" });
    expect(page(at("web"))).toBeUndefined();
    await built(first, { pipeline: "unit" });
    expect(page(at("web"))).toBe("one");
  });

  test("what passed is remembered over a restart, and made good at the start", async () => {
    const { shop, built, at, restart } = await aHost(after);
    await built(await shop.push({ page: "one" }));
    rmSync(at("web"));
    await shop.push({ page: "two" });
    await restart().reconcile();
    expect(page(at("web"))).toBe("one");
  });

  test("a build that is heard of while the repository is away counts once it is back", async () => {
    const { shop, built, at, daemon, wait } = await aHost(after);
    await built(await shop.push({ page: "one" }));
    const second = await shop.push({ page: "two" });
    execFileSync("mv", [shop.path, `${shop.path}.away`]);
    await built(second);
    expect(page(at("web"))).toBe("one");
    execFileSync("mv", [`${shop.path}.away`, shop.path]);
    wait(10_000);
    await daemon().tick();
    expect(page(at("web"))).toBe("two");
  });

  test("of what is told of refs that the repository does not have, nothing is kept", async () => {
    const { shop, hear, built, at } = await aHost(after);
    await shop.push({ page: "one" });
    await hear();
    for (let turn = 0; turn < 20; turn += 1)
      await built(revisionOf("b"), { ref: `refs/heads/forged-${turn}` });
    expect(readdirSync(at("state", "checkouts", "web", "builds"))).toEqual([]);
  });

  test("branches below a puppetmaster come once they passed, and go when they are deleted", async () => {
    const { shop, hear, built, at } = await aHost({
      env: { mode: "puppetmaster", target: "env", on: "build" },
    });
    const first = await shop.push({ page: "one" });
    await shop.git.raw(["push", "origin", "HEAD:other"]);
    await hear();
    expect(existsSync(at("env"))).toBe(false);
    await built(first, { ref: "refs/heads/other" });
    expect(readdirSync(at("env")).sort()).toEqual([".skein-env", "other"]);
    await shop.git.raw(["push", "origin", ":other"]);
    await hear();
    expect(readdirSync(at("env"))).toEqual([".skein-env"]);
  });
});

describe("what is live is never swept", () => {
  test("whatever became of the record", async () => {
    const { shop, built, at, restart } = await aHost({
      web: { mode: "atomic", branch: "main", target: "web", on: "build" },
      env: { mode: "puppetmaster", target: "env", on: "build" },
    });
    await built(await shop.push({ page: "one" }));
    rmSync(at("state", "checkouts"), { recursive: true });
    await restart().reconcile();
    for (const path of [at("web"), at("env", "main")])
      expect(treeOf(realpathSync(path))).toEqual({ page: "one" });
    await built(await shop.push({ page: "two" }));
    for (const path of [at("web"), at("env", "main")])
      expect(treeOf(realpathSync(path))).toEqual({ page: "two" });
  });

  test("nor where the record speaks of other folders, and an update fails", async () => {
    const { shop, hear, at } = await aHost({ web: { mode: "atomic", branch: "main", target: "web" } });
    await shop.push({ page: "one" });
    await hear();
    const unknown = join(".skein-web", `${"a".repeat(12)}-${"b".repeat(12)}`);
    mkdirSync(at(unknown));
    writeFileSync(at(unknown, "page"), "live");
    rmSync(at("web"));
    symlinkSync(unknown, at("web"));
    symlinkSync("/etc/passwd", join(shop.work, "out"));
    await shop.push({ page: "two" });
    expect(linesIn(await hear()).at(-1)).toMatch(/the link out leads to/);
    expect(treeOf(realpathSync(at("web")))).toEqual({ page: "live" });
  });
});

test("a checkout that another process updates is left to it, and tried again", async () => {
  const { shop, hear, at, daemon, wait } = await aHost({ docs: { mode: "trusting", target: "docs" } });
  await shop.push({ page: "one" });
  mkdirSync(at("state", "checkouts", "docs"), { recursive: true });
  const lock = await takeLock(at("state", "checkouts", "docs", "lock"), "the test");
  expect(linesIn(await hear()).at(-1)).toBe(
    `web1 problem: docs: Cannot update: process ${process.pid} does it already`,
  );
  expect(existsSync(at("docs"))).toBe(false);
  if (lock.taken) await lock.release();
  wait(10_000);
  await daemon().tick();
  expect(treeOf(at("docs"))).toEqual({ page: "one" });
});

describe("symbolic links", () => {
  test("one that leads out of the tree keeps the revision from being checked out, unless that is allowed", async () => {
    const { shop, hear, at } = await aHost({
      strict: { mode: "trusting", target: "strict" },
      swapped: { mode: "atomic", target: "swapped" },
      lax: { mode: "branch", branch: "main", target: "lax", symlinks: "any" },
    });
    await shop.push({ page: "one" });
    await hear();
    symlinkSync("/etc/passwd", join(shop.work, "out"));
    symlinkSync("page", join(shop.work, "in"));
    await shop.push({ page: "two" });
    const lines = linesIn(await hear());
    for (const each of ["strict", "swapped"])
      expect(lines).toContain(
        `web1 problem: ${each}: Cannot check out ${each}: the link out leads to /etc/passwd`,
      );
    expect(treeOf(at("strict"))).toEqual({ page: "one" });
    expect(treeOf(realpathSync(at("swapped")))).toEqual({ page: "one" });
    expect(treeOf(at("lax"))).toEqual({ page: "two", in: "-> page", out: "-> /etc/passwd" });
  });

  test("a link that others put in the way of a folder is not written through", async () => {
    const { shop, hear, at } = await aHost({ docs: { mode: "trusting", target: "docs" } });
    await shop.push({ page: "one" });
    await hear();
    mkdirSync(at("elsewhere"));
    symlinkSync(at("elsewhere"), at("docs", "sub"));
    await shop.push({ "sub/file": "1" });
    await hear();
    expect(readdirSync(at("elsewhere"))).toEqual([]);
    expect(treeOf(at("docs"))).toEqual({ page: "one", "sub/file": "1" });
  });
});

test("a submodule is an empty folder: nothing is fetched that no repository of ours names", async () => {
  const { shop, hear, at } = await aHost({
    place: { mode: "trusting", target: "place" },
    web: { mode: "atomic", target: "web" },
  });
  await shop.commit({
    page: "one",
    ".gitmodules": '[submodule "sub"]\n\tpath = sub\n\turl = ext::touch pwned\n',
  });
  await shop.git.raw(["update-index", "--add", "--cacheinfo", `160000,${revisionOf("b")},sub`]);
  await shop.git.raw(["commit", "--quiet", "-m", "with a submodule"]);
  await shop.git.push("origin", "HEAD");
  expect(updatesIn(await hear())).toHaveLength(2);
  for (const path of [at("place"), at("web")]) expect(readdirSync(join(path, "sub"))).toEqual([]);
  expect(existsSync("pwned")).toBe(false);
});

test("a burst of pushes checks out the newest, in few updates", async () => {
  const { shop, hear, at } = await aHost({ web: { mode: "atomic", target: "web" } });
  await shop.push({ page: "0" });
  const heard = [];
  for (let turn = 1; turn <= 10; turn += 1) {
    await shop.push({ page: `${turn}` });
    heard.push(...Array.from({ length: 20 }, () => hear()));
  }
  const said = (await Promise.all(heard)).flat();
  expect(readFileSync(at("web", "page"), "utf8")).toBe("10");
  expect(updatesIn(said).length).toBeLessThanOrEqual(11);
});

test("lines for people begin as the older kit's did, as they were recorded", async () => {
  const { shop, hear, at } = await aHost({ env: { mode: "puppetmaster", target: "env" } });
  await shop.push({ page: "one" });
  await shop.git.raw(["push", "origin", "HEAD:feature/s1"]);
  const recorded = JSON.parse(readFileSync("test/fixtures/legacy/stomp-git.json", "utf8")) as Recorded;
  const form = (line: string) =>
    line
      .replace(/^\S+/, "HOST")
      .replace(/\[.*?\] refs\/\S+ [0-9a-f]{40}$/, "[REPO] REF ID")
      .replace(/(removed branch) \/.*/, "$1 PATH");
  const theirs = new Set(recorded.flatMap(({ frames }) => frames.map(({ body }) => form(body.trim()))));
  const fetched = linesIn(await hear())[0] ?? "";
  await shop.git.raw(["push", "origin", ":feature/s1"]);
  const removed = linesIn(await hear()).at(-1) ?? "";
  expect(theirs).toContain(form(fetched));
  expect(removed).toContain(`removed branch ${at("env", "feature_s1")}`);
  expect(theirs).toContain(form(removed));
});

type Recorded = readonly { readonly frames: readonly { readonly body: string }[] }[];

describe("configurations that are refused", () => {
  const wrong = (checkouts: unknown) =>
    schema.safeParse({ checkouts }).error?.issues.map(({ message }) => message);
  const docs = { repository: "docs", mode: "trusting", target: "/srv/docs" };

  const cases: [unknown, string][] = [
    [{ docs: { ...docs, target: undefined } }, "is needed in the mode trusting"],
    [{ docs: { ...docs, mode: "branch" } }, "is needed in the mode branch"],
    [{ docs: { ...docs, mode: "normal" } }, "must be left out: in the mode normal nothing is checked out"],
    [{ docs: { ...docs, mode: "tags", branch: "main" } }, "must be left out: tags takes what refs says"],
    [{ docs: { ...docs, pipelines: ["unit"] } }, "must be left out without on: build"],
    [{ docs: { ...docs, branch: "$(touch x)" } }, "must be a branch such as main"],
    [{ docs: { ...docs, user: "-c" } }, "must be a user name such as www-data"],
    [{ docs, more: { ...docs, target: "/srv/docs/more" } }, "is also in the target of docs"],
    ...["docs", "/", "/srv/../etc", "/srv//docs", "/srv/docs/", "/srv/."].map((target): [unknown, string] => [
      { docs: { ...docs, target } },
      "must be a whole path such as /srv/docs",
    ]),
    ...["..", "a/b", "A", ""].map((name): [unknown, string] => [
      { [name]: docs },
      "must be a name such as docs",
    ]),
  ];
  test.each(cases)("%j: %s", (checkouts, says) => {
    const said = schema.safeParse({ checkouts }).error?.issues ?? [];
    const texts = said.flatMap((each) =>
      each.code === "invalid_key" ? each.issues.map(({ message }) => message) : [each.message],
    );
    expect(texts).toContain(says);
  });

  test("several with a folder for each ref may share the folder that these are in", () => {
    const env = { repository: "a", mode: "puppetmaster", target: "/srv/env" };
    expect(wrong({ a: env, b: { ...env, repository: "b" } })).toBeUndefined();
  });

  test("one of a repository that is not there keeps the daemon from starting", async () => {
    const { daemon } = await aHost({ docs: { repository: "payroll", mode: "trusting", target: "docs" } });
    await expect(daemon().reconcile()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message:
        "Cannot open repo-updater.checkouts.docs: it names payroll, which is not among the repositories",
    });
  });
});
