import {
  chownSync,
  utimesSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  mkdirSync,
  symlinkSync,
  readlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simpleGit } from "simple-git";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openMirrors, openRepository } from "../../../lib/effects/git.ts";
import { refName, repositoryName, revision } from "../../../lib/schema/names.ts";

let folder: string;
const shop = repositoryName.parse("shop");
const main = refName.parse("refs/heads/main");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "skein-git-"));
  const git = simpleGit(mkFolder("work"));
  await git.init(false, ["--initial-branch=main"]);
  await git.addConfig("user.name", "Zoë Ågren").addConfig("user.email", "zoe@example.com");
  writeFileSync(join(folder, "work", "page"), "hello");
  await git.add(".").commit("Grüße\n\nrepo: payroll\n");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function mkFolder(name: string): string {
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
}

const mirrors = () => openMirrors(join(folder, "mirrors"), { shop: { url: join(folder, "work") } });
const head = async () => revision.parse(await simpleGit(join(folder, "work")).revparse(["HEAD"]));

test("a mirror holds the branches and tags of its repository, and says what changed", async () => {
  const first = await head();
  await simpleGit(join(folder, "work")).addAnnotatedTag("v1", "first");
  expect(await mirrors().fetch(shop)).toContainEqual({
    ref: "refs/heads/main",
    before: "0".repeat(40),
    after: first,
  });
  expect(await mirrors().of(shop).refs()).toEqual([
    { ref: "refs/heads/main", revision: first },
    { ref: "refs/tags/v1", revision: first },
  ]);
  expect(await mirrors().fetch(shop)).toEqual([]);
});

test("a branch that is deleted leaves the mirror", async () => {
  const git = simpleGit(join(folder, "work"));
  await git.branch(["old"]);
  await mirrors().fetch(shop);
  await git.deleteLocalBranch("old");
  expect(await mirrors().fetch(shop)).toMatchObject([{ ref: "refs/heads/old", after: "0".repeat(40) }]);
});

test("a branch named as an object id does not stand in for that object", async () => {
  const git = simpleGit(join(folder, "work"));
  const wanted = await head();
  writeFileSync(join(folder, "work", "page"), "evil");
  await git.commit("evil", ["page"]);
  await git.raw(["update-ref", `refs/heads/${wanted}`, "HEAD"]);
  await mirrors().fetch(shop);
  await mirrors().of(shop).stage(wanted, mkFolder("staged"));
  expect(readFileSync(join(folder, "staged", "page"), "utf8")).toBe("hello");
});

test("a commit is read by fields, whatever its message says", async () => {
  const { commits, total } = await openRepository(join(folder, "work")).log({
    after: await head(),
    most: 10,
  });
  expect(total).toBe(1);
  expect(commits).toMatchObject([
    { author: { name: "Zoë Ågren", email: "zoe@example.com" }, message: "Grüße\n\nrepo: payroll" },
  ]);
});

test("a new branch brings the commits that no other branch has", async () => {
  const git = simpleGit(join(folder, "work"));
  await git.checkoutLocalBranch("topic");
  await git.commit("more", undefined, { "--allow-empty": null });
  const { commits } = await openRepository(join(folder, "work")).log({
    after: await head(),
    refs: [refName.parse("refs/heads/topic")],
    most: 10,
  });
  expect(commits.map(({ message }) => message)).toEqual(["more"]);
});

test("what lacks a file is told from what lacks a revision", async () => {
  const git = openRepository(join(folder, "work"));
  expect(await git.readFile(await head(), "none")).toBeUndefined();
  expect(await git.readFile(await head(), "page")).toEqual(Buffer.from("hello"));
  await expect(git.readFile(revision.parse("a".repeat(40)), "page")).rejects.toMatchObject({
    code: "GIT_FAILED",
  });
});

test("branches that were pushed together do not hide each other's commits", async () => {
  const git = simpleGit(join(folder, "work"));
  await git.branch(["other"]);
  const { total } = await openRepository(join(folder, "work")).log({
    after: await head(),
    refs: [main, refName.parse("refs/heads/other")],
    most: 10,
  });
  expect(total).toBe(1);
});

test("nothing stands in for a commit, whatever refs/replace says", async () => {
  const git = simpleGit(join(folder, "work"));
  const wanted = await head();
  const forged = (await git.raw(["commit-tree", "-m", "forged", `${wanted}^{tree}`])).trim();
  await git.raw(["replace", wanted, forged]);
  const { commits } = await openRepository(join(folder, "work")).log({ after: wanted, most: 1 });
  expect(commits).toMatchObject([{ revision: wanted, message: "Grüße\n\nrepo: payroll" }]);
});

test.runIf(process.getuid?.() === 0)(
  "a folder of another user is fetched, for the configuration names it",
  async () => {
    chownSync(join(folder, "work"), 65_534, 65_534);
    chownSync(join(folder, "work", ".git"), 65_534, 65_534);
    expect(await mirrors().fetch(shop)).toHaveLength(1);
  },
);

test("fetches of one mirror wait for each other, whoever asks", async () => {
  const results = await Promise.all(Array.from({ length: 4 }, () => mirrors().fetch(shop)));
  expect(results.map(({ length }) => length).sort((a, b) => a - b)).toEqual([0, 0, 0, 1]);
});

test("an empty repository is mirrored as such", async () => {
  await simpleGit(mkFolder("empty")).init(true);
  const empty = openMirrors(join(folder, "mirrors"), { shop: { url: join(folder, "empty") } });
  expect(await empty.fetch(shop)).toEqual([]);
  expect(await empty.of(shop).refs()).toEqual([]);
});

test("a lock that a killed git left is swept", async () => {
  await mirrors().fetch(shop);
  const lock = join(folder, "mirrors", "shop.git", "refs", "skein", "heads", "main.lock");
  writeFileSync(lock, "");
  utimesSync(lock, 0, 0);
  await simpleGit(join(folder, "work")).commit("more", undefined, { "--allow-empty": null });
  expect(await mirrors().fetch(shop)).toHaveLength(1);
});

test("symbolic links are listed with their targets", async () => {
  symlinkSync("../../etc/passwd", join(folder, "work", "link"));
  const git = simpleGit(join(folder, "work"));
  await git.add(".").commit("link");
  expect(await openRepository(join(folder, "work")).symlinks(await head())).toEqual([
    { path: "link", target: "../../etc/passwd" },
  ]);
  await openRepository(join(folder, "work")).stage(await head(), mkFolder("staged"));
  expect(readlinkSync(join(folder, "staged", "link"))).toBe("../../etc/passwd");
});

test("hundreds of symbolic links are each listed with their own target", async () => {
  const links = Array.from({ length: 200 }, (_, index) => ({
    path: `link${String(index).padStart(3, "0")}`,
    target: `page\n${index}`,
  }));
  for (const { path, target } of links) symlinkSync(target, join(folder, "work", path));
  await simpleGit(join(folder, "work")).add(".").commit("links");
  expect(await openRepository(join(folder, "work")).symlinks(await head())).toEqual(links);
});

test("what is not there is not found", async () => {
  const git = openRepository(join(folder, "work"));
  expect(await git.resolve(refName.parse("refs/heads/none"))).toBeUndefined();
  expect(await git.has(revision.parse("a".repeat(40)))).toBe(false);
  expect(await git.refsContaining(revision.parse("a".repeat(40)))).toEqual([]);
  expect(await git.refsContaining(await head())).toEqual([main]);
});

test("a repository that is gone says so, and may come back", async () => {
  rmSync(join(folder, "work"), { recursive: true });
  await expect(mirrors().fetch(shop)).rejects.toMatchObject({ code: "MIRROR_UNREACHABLE", transient: true });
});

test.each(["HEAD", "refs/skein/heads/main"])("a mirror whose %s is corrupt is made anew", async (file) => {
  await mirrors().fetch(shop);
  writeFileSync(join(folder, "mirrors", "shop.git", file), "");
  await mirrors().fetch(shop);
  expect(await mirrors().of(shop).resolve(main)).toBe(await head());
});

test("the paths that a push changed: what differs, or what new commits touched", async () => {
  const work = join(folder, "work");
  const git = simpleGit(work);
  const opened = openRepository(work);
  const commit = async (files: Readonly<Record<string, string>>) => {
    for (const [name, contents] of Object.entries(files)) writeFileSync(join(work, name), contents);
    await git.add(".").commit("change");
    return head();
  };
  const first = await head();
  const ref = main;
  expect(await opened.changedPaths({ after: first, refs: [ref], most: 10 })).toEqual({
    changed: ["page"],
    cut: false,
  });
  const second = await commit({ "Grüße\nzwei": "1", "-x": "2" });
  const third = await commit({ page: "changed", "-x": "3" });
  expect(await opened.changedPaths({ before: first, after: third, most: 10 })).toEqual({
    changed: ["-x", "Grüße\nzwei", "page"],
    cut: false,
  });
  expect(await opened.changedPaths({ before: first, after: third, most: 2 })).toMatchObject({
    changed: ["-x", "Grüße\nzwei"],
    cut: true,
  });
  await git.reset(["--hard", first]);
  const other = await commit({ other: "1" });
  expect((await opened.changedPaths({ before: third, after: other, most: 10 })).changed).toEqual([
    "-x",
    "Grüße\nzwei",
    "other",
    "page",
  ]);
  expect((await opened.changedPaths({ after: second, refs: [ref], most: 10 })).changed).toEqual([
    "-x",
    "Grüße\nzwei",
    "page",
  ]);
});
