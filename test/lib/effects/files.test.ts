import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  kindOf,
  makeFolder,
  pointLink,
  readIfThere,
  syncData,
  syncFolder,
  writeWhole,
} from "../../../lib/effects/files.ts";
import { aFolder } from "../../support/folder.ts";

test("a file is written with its mode, over what was there, and nothing is left beside it", async () => {
  const folder = aFolder();
  const file = join(folder, "file");
  writeFileSync(file, "old and longer", { mode: 0o600 });
  await writeWhole(file, "new", 0o640);
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o640);
  await writeWhole(file, Buffer.from([0, 255, 10]));
  expect([...readFileSync(file)]).toEqual([0, 255, 10]);
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("whoever reads a file while it is written finds one whole version of it", async () => {
  const file = join(aFolder(), "file");
  const versions = "abcdefgh".split("").map((letter) => letter.repeat(200_000));
  await writeWhole(file, versions[0] ?? "");
  let writing = true;
  const written = (async () => {
    for (let round = 0; round < 5; round += 1) for (const each of versions) await writeWhole(file, each);
    writing = false;
  })();
  let torn = 0;
  let reads = 0;
  while (writing) {
    const found = (await readIfThere(file)) ?? "";
    reads += 1;
    if (!versions.includes(found)) torn += 1;
  }
  await written;
  expect({ torn, read: reads > 5 }).toEqual({ torn: 0, read: true });
});

test("writers of one file at once leave one whole version, and nothing beside it", async () => {
  const folder = aFolder();
  const versions = Array.from({ length: 20 }, (_none, index) => `${index}`.repeat(50_000));
  await Promise.all(versions.map((each) => writeWhole(join(folder, "file"), each)));
  expect(versions).toContain(readFileSync(join(folder, "file"), "utf8"));
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a file that cannot be written leaves nothing behind, and the old one as it was", async () => {
  const folder = aFolder();
  mkdirSync(join(folder, "taken"));
  writeFileSync(join(folder, "taken", "inside"), "old");
  await expect(writeWhole(join(folder, "taken"), "new")).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  await expect(writeWhole(join(folder, "none", "file"), "new")).rejects.toThrow(/ENOENT/);
  expect(readdirSync(folder)).toEqual(["taken"]);
  expect(readFileSync(join(folder, "taken", "inside"), "utf8")).toBe("old");
});

test("a file takes the place of a link, and leaves what it led to alone", async () => {
  const folder = aFolder();
  writeFileSync(join(folder, "other"), "other");
  symlinkSync("other", join(folder, "file"));
  await writeWhole(join(folder, "file"), "new");
  expect(lstatSync(join(folder, "file")).isFile()).toBe(true);
  expect(readFileSync(join(folder, "other"), "utf8")).toBe("other");
});

test("a link is made, and pointed elsewhere", async () => {
  const folder = aFolder();
  await pointLink(join(folder, "current"), "releases/1");
  expect(readlinkSync(join(folder, "current"))).toBe("releases/1");
  await pointLink(join(folder, "current"), "releases/2");
  expect(readlinkSync(join(folder, "current"))).toBe("releases/2");
  expect(readdirSync(folder)).toEqual(["current"]);
});

test("a link replaces no folder", async () => {
  const folder = aFolder();
  mkdirSync(join(folder, "current"));
  await expect(pointLink(join(folder, "current"), "releases/1")).rejects.toThrow(/EISDIR|EEXIST/);
  expect(readdirSync(folder)).toEqual(["current"]);
  expect(lstatSync(join(folder, "current")).isDirectory()).toBe(true);
});

test("whoever follows a link while it is moved always finds one of its targets", async () => {
  const folder = aFolder();
  for (const name of ["one", "two"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "name"), name);
  }
  const link = join(folder, "current");
  await pointLink(link, "one");
  let moving = true;
  const moved = (async () => {
    for (let round = 0; round < 50; round += 1) await pointLink(link, round % 2 === 0 ? "two" : "one");
    moving = false;
  })();
  const found = new Set<string | undefined>();
  while (moving) found.add(await readIfThere(join(link, "name")));
  await moved;
  expect([...found].filter((each) => each !== "one" && each !== "two")).toEqual([]);
});

test("a file that is not there has no text; one that cannot be read is an error", async () => {
  const folder = aFolder();
  expect(await readIfThere(join(folder, "none"))).toBeUndefined();
  await expect(readIfThere(folder)).rejects.toThrow(/EISDIR/);
});

test("what stands at a path is told without following links", async () => {
  const folder = aFolder();
  writeFileSync(join(folder, "file"), "");
  symlinkSync("nowhere", join(folder, "dangling"));
  symlinkSync(folder, join(folder, "link"));
  const kinds = ["", "file", "dangling", "link", "none", "file/below"].map((name) =>
    kindOf(join(folder, name)),
  );
  expect(await Promise.all(kinds)).toEqual(["folder", "file", "link", "link", undefined, undefined]);
  expect(await kindOf("/dev/null")).toBe("other");
});

test("folders are made with those above them; one that is there stays as it is", async () => {
  const folder = aFolder();
  await makeFolder(join(folder, "a", "b"), 0o700);
  expect(statSync(join(folder, "a", "b")).mode & 0o777).toBe(0o700);
  chmodSync(join(folder, "a", "b"), 0o750);
  await makeFolder(join(folder, "a", "b"), 0o700);
  expect(statSync(join(folder, "a", "b")).mode & 0o777).toBe(0o750);
});

test("folders and the data below them are synced, and what is not there is an error", async () => {
  const folder = aFolder();
  await syncFolder(folder);
  await syncData(folder);
  await expect(syncFolder(join(folder, "none"))).rejects.toThrow(/ENOENT/);
  await expect(syncData(join(folder, "none"))).rejects.toThrow(/Cannot sync/);
});
