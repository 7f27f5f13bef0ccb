import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openUploads } from "../../../lib/effects/uploads.ts";
import { aPackage } from "../../support/archive.ts";
import { aFolder } from "../../support/folder.ts";
import { describeNeeding } from "../../support/needing.ts";

const upload = (name: string) => ({ distribution: "bookworm", name });

describeNeeding({ "dpkg-deb": "dpkg" }, "the file of a real package", () => {
  test("cut anywhere, it is a part; only the whole is whole", async () => {
    const folder = aFolder();
    const uploads = await openUploads(folder, ["bookworm"]);
    const bytes = readFileSync(aPackage(folder, "kit-hello", "1.0"));
    const path = join(folder, "bookworm", "kit.deb");
    const found: string[] = [];
    for (let length = 0; length <= bytes.length; length += 1) {
      writeFileSync(path, bytes.subarray(0, length));
      found.push(await uploads.wholeness(upload("kit.deb")));
    }
    // The last byte may be there only to make the length even.
    expect(found.slice(0, -2).filter((each) => each !== "part")).toEqual([]);
    expect(found.at(-1)).toBe("whole");
  });
});

test.each([
  ["text", "not a deb\n"],
  ["another archive", "!<thin>\n"],
  ["a member without its length", `!<arch>\n${"x".repeat(58)}\`\n`],
  ["a member without its end", `!<arch>\n${"debian-binary".padEnd(48)}${"4".padEnd(10)}xx2.0\n`],
])("%s is broken", async (_what, text) => {
  const folder = aFolder();
  const uploads = await openUploads(folder, ["bookworm"]);
  writeFileSync(join(folder, "bookworm", "x.deb"), text);
  expect(await uploads.wholeness(upload("x.deb"))).toBe("broken");
});

test("links, folders, hidden files and files of other kinds have not come at all", async () => {
  const folder = aFolder();
  const uploads = await openUploads(folder, ["bookworm"]);
  const path = (name: string) => join(folder, "bookworm", name);
  symlinkSync("/etc/passwd", path("link.deb"));
  mkdirSync(path("folder.deb"));
  for (const name of [".hidden.deb", "kit.changes", "kit.deb.part"]) writeFileSync(path(name), "");
  expect(await uploads.arriving()).toEqual([]);
  writeFileSync(path("kit.deb"), "12345");
  expect(await uploads.arriving()).toMatchObject([{ distribution: "bookworm", name: "kit.deb", size: 5 }]);
});

test("what is archived or rejected never takes the place of what was before", async () => {
  const folder = aFolder();
  const uploads = await openUploads(folder, ["bookworm"]);
  const path = (name: string) => join(folder, "bookworm", name);
  for (const text of ["one", "two"]) {
    writeFileSync(path("kit.deb"), text);
    await uploads.claim(upload("kit.deb"));
    expect(await uploads.claimed()).toEqual([upload("kit.deb")]);
    await uploads.archive(upload("kit.deb"));
    writeFileSync(path("bad.deb"), text);
    await uploads.claim(upload("bad.deb"));
    await uploads.reject(upload("bad.deb"), `not ${text}`);
  }
  const text = (name: string) => readFileSync(path(name), "utf8");
  expect([text("archive/kit.deb"), text("archive/kit.deb.1")]).toEqual(["one", "two"]);
  expect([text("rejected/bad.deb"), text("rejected/bad.deb.1")]).toEqual(["one", "two"]);
  expect([text("rejected/bad.deb.reason"), text("rejected/bad.deb.1.reason")]).toEqual([
    "not one\n",
    "not two\n",
  ]);
});
