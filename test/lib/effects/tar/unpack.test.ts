import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Limits } from "../../../../lib/effects/tar/census.ts";
import { unpackTar } from "../../../../lib/effects/tar/unpack.ts";
import { codeOf, reasonOf } from "../../../../lib/failure.ts";
import { aFolder } from "../../../support/folder.ts";
import { aMember, aTar, END, type Made, records } from "../../../support/tar.ts";
import { CASES } from "../../../support/yodeploy.ts";

const LIMITS: Limits = { size: 1024 ** 2, members: 1_000, ratio: 200, symlinks: "inside" };

interface Unpacked {
  readonly code: string | undefined;
  readonly reason: string;
  /** Everything that is in the folder of the test afterwards, but for the archive. */
  readonly left: readonly string[];
  readonly into: string;
}

async function unpacking(
  archive: Buffer,
  limits: Partial<Limits> = {},
  folder = aFolder(),
): Promise<Unpacked> {
  const file = join(folder, "archive");
  const into = join(folder, "into");
  writeFileSync(file, archive);
  const error: unknown = await unpackTar(file, into, { ...LIMITS, ...limits }).then(
    () => undefined,
    (thrown: unknown) => thrown ?? new Error("it threw nothing"),
  );
  const left = readdirSync(folder, { recursive: true }).map(String);
  return {
    code: error === undefined ? undefined : (codeOf(error) ?? `no code: ${reasonOf(error)}`),
    reason: error === undefined ? "" : reasonOf(error),
    left: left.filter((each) => each !== "archive").sort(),
    into,
  };
}

const file = (name: string, contents = "hello"): Made => ({ name, contents });
const link = (name: string, to: string): Made => ({ name, type: "2", link: to });
const secondName = (name: string, of: string): Made => ({ name, type: "1", link: of });

describe("a hostile archive is refused as a whole, with the member and why, and nothing is left", () => {
  const first = file("shop/first");
  const hostile: Readonly<Record<string, readonly [string, string | RegExp, Buffer]>> = {
    "a path that leads upwards": [
      "E_TAR_PATH",
      '"shop/../../x" leads upwards',
      aTar(first, file("shop/../../x")),
    ],
    "a path that leads upwards at once": ["E_TAR_PATH", '"../x" leads upwards', aTar(file("../x"))],
    "an absolute path": ["E_TAR_PATH", '"/etc/x" has an absolute path', aTar(first, file("/etc/x"))],
    "an absolute path in an extended header": [
      "E_TAR_PATH",
      '"/etc/x" has an absolute path',
      aTar(first, records({ path: "/etc/x" }), file("shop/innocent")),
    ],
    "a path upwards in GNU's long name": [
      "E_TAR_PATH",
      '"shop/../../x" leads upwards',
      aTar(first, { name: "././@LongLink", type: "L", contents: "shop/../../x\0" }, file("shop/innocent")),
    ],
    "a link out, and a file through it": [
      "E_TAR_PATH",
      '"shop/out/x" lies below "out", which is a link',
      aTar(link("shop/out", "/tmp"), file("shop/out/x")),
    ],
    "a link within, and a file through it": [
      "E_TAR_PATH",
      '"shop/in/x" lies below "in", which is a link',
      aTar(file("shop/a/b"), link("shop/in", "a"), file("shop/in/x")),
    ],
    "an absolute link": [
      "E_TAR_PATH",
      '"out" is a link to "/etc", an absolute path',
      aTar(first, link("shop/out", "/etc")),
    ],
    "a link that leads out": [
      "E_TAR_PATH",
      '"a/out" is a link to "../../x", which leads out of the archive',
      aTar(first, link("shop/a/out", "../../x")),
    ],
    "a link that leads out and in again": [
      "E_TAR_PATH",
      '"out" is a link to "../shop/first", which leads out',
      aTar(first, link("shop/out", "../shop/first")),
    ],
    "a chain of links": [
      "E_TAR_PATH",
      '"b" is a link to "a", which is, or lies behind, another link',
      aTar(first, link("shop/a", "first"), link("shop/b", "a")),
    ],
    "a chain of links, the last one first": [
      "E_TAR_PATH",
      '"b" is a link to "a/../..", which is, or lies behind, another link',
      aTar(first, link("shop/b", "a/../.."), link("shop/a", "x/y/z")),
    ],
    "a link to itself": ["E_TAR_PATH", '"a" is a link to "a"', aTar(first, link("shop/a", "a"))],
    "a link to nothing": ["E_TAR_PATH", '"shop/a" is a link to what', aTar(first, link("shop/a", ""))],
    "a second name of a file outside": [
      "E_TAR_PATH",
      '"shop/x" is a second name of "shop/../../../etc/passwd", which is no file before it',
      aTar(first, secondName("shop/x", "shop/../../../etc/passwd")),
    ],
    "a second name of a link": [
      "E_TAR_PATH",
      '"shop/x" is a second name of "shop/l", which is no file before it',
      aTar(first, link("shop/l", "first"), secondName("shop/x", "shop/l")),
    ],
    "a second name of what comes later": [
      "E_TAR_PATH",
      '"shop/x" is a second name of "shop/later"',
      aTar(first, secondName("shop/x", "shop/later"), file("shop/later")),
    ],
    "a file below a file": [
      "E_TAR_PATH",
      '"shop/first/x" lies below "first", which is a file',
      aTar(first, file("shop/first/x")),
    ],
    "a character device": [
      "E_TAR_TYPE",
      '"shop/x" is a character device',
      aTar(first, { name: "shop/x", type: "3" }),
    ],
    "a block device": [
      "E_TAR_TYPE",
      '"shop/x" is a block device',
      aTar(first, { name: "shop/x", type: "4" }),
    ],
    "a pipe": ["E_TAR_TYPE", '"shop/x" is a pipe', aTar(first, { name: "shop/x", type: "6" })],
    "a sparse file": ["E_TAR_TYPE", '"shop/x" is a sparse file', aTar(first, { name: "shop/x", type: "S" })],
    "a sparse file of pax": [
      "E_TAR_TYPE",
      "sparse",
      aTar(first, records({ "GNU.sparse.major": "1" }), file("shop/x")),
    ],
    "a kind that nobody knows": [
      "E_TAR_TYPE",
      "of a kind that is not known",
      aTar(first, { name: "shop/x", type: "Z" }),
    ],
    "a setuid program": [
      "E_TAR_MODE",
      '"shop/x" would run as its owner',
      aTar(first, { ...file("shop/x"), mode: 0o4755 }),
    ],
    "a setgid program": [
      "E_TAR_MODE",
      '"shop/x" would run as its owner',
      aTar(first, { ...file("shop/x"), mode: 0o2755 }),
    ],
    "a path twice": [
      "E_TAR_DUPLICATE",
      '"shop/first" is in it twice',
      aTar(first, file("shop/first", "other")),
    ],
    "a path twice, written otherwise": [
      "E_TAR_DUPLICATE",
      "twice",
      aTar(first, file("./shop/./first", "other")),
    ],
    "a path twice, but for case": [
      "E_TAR_DUPLICATE",
      "upper and lower case",
      aTar(first, file("shop/FIRST")),
    ],
    "a file, and a folder in its place": [
      "E_TAR_DUPLICATE",
      "twice",
      aTar(first, { name: "shop/first/", type: "5" }),
    ],
    "a folder, and a link in its place": [
      "E_TAR_DUPLICATE",
      "twice",
      aTar(file("shop/a/b"), link("shop/a", "b")),
    ],
    "two roots": ["E_TAR_ROOTS", '"other/x" does not lie in "shop"', aTar(first, file("other/x"))],
    "a file without a folder": ["E_TAR_ROOTS", '"x" lies in no folder', aTar(file("x"))],
    "files of `tar -C FOLDER .`": [
      "E_TAR_ROOTS",
      '"./b/y" does not lie in "a"',
      aTar({ name: "./", type: "5" }, file("./a/x"), file("./b/y")),
    ],
    "a path of 5,000 bytes": [
      "E_TAR_PATH",
      "has a path of 5005 bytes",
      aTar(first, records({ path: `shop/${"x".repeat(5_000)}` }), file("shop/x")),
    ],
    "600 folders in each other": [
      "E_TAR_PATH",
      "lies 601 folders deep",
      aTar(first, records({ path: `shop/${"x/".repeat(599)}x` }), file("x")),
    ],
    "a name that no file can have": [
      "E_TAR_PATH",
      "a name that is too long",
      aTar(first, records({ path: `shop/${"x".repeat(256)}` }), file("shop/x")),
    ],
    "a control character": ["E_TAR_PATH", "has a control character", aTar(first, file("shop/a\x1b[2J"))],
    "a line end": ["E_TAR_PATH", "has a control character", aTar(first, file("shop/a\nb"))],
    "8 GiB that never come": [
      "E_TAR_LIMIT",
      '"shop/x" alone has 8589934592 bytes',
      Buffer.concat([aMember(first), aMember({ ...file("shop/x"), size: 8 * 1024 ** 3 })]),
    ],
    "a size that nothing can have": [
      "E_TAR_FORMAT",
      "a number that is too large",
      Buffer.concat([aMember(first), aMember({ ...file("shop/x"), size: 2 ** 60 })]),
    ],
    "a link with contents": [
      "E_TAR_FORMAT",
      "has contents, and is no file",
      aTar(first, { ...link("shop/x", "first"), contents: "y" }),
    ],
    "contents that end too soon": [
      "E_TAR_TRUNCATED",
      "ends before its end",
      aTar(first, file("shop/x", "y".repeat(5_000))).subarray(0, 3_000),
    ],
    "a header that ends too soon": ["E_TAR_TRUNCATED", "ends before its end", aTar(first).subarray(0, 1_200)],
    "no end at all": ["E_TAR_TRUNCATED", "ends before its end", aMember(first)],
    "a packed archive that ends too soon": [
      "E_TAR_TRUNCATED",
      "ends before its end",
      gzipSync(aTar(first)).subarray(0, -20),
    ],
    "something after its end": [
      "E_TAR_FORMAT",
      "something follows",
      Buffer.concat([aTar(first), aMember(file("shop/x"))]),
    ],
    "a wrong checksum": [
      "E_TAR_FORMAT",
      "the checksum of a header is wrong",
      Buffer.concat([aMember(first), Buffer.alloc(512, "x"), END]),
    ],
    "letters where a number should be": [
      "E_TAR_FORMAT",
      "where a number should be",
      aTar(first, records({ size: "12x" }), file("shop/x")),
    ],
    "an extended header that cannot be read": [
      "E_TAR_FORMAT",
      "extended header",
      aTar(first, { name: "x", type: "x", contents: "99 path=x\n" }, file("shop/x")),
    ],
    "an extended header without end": [
      "E_TAR_FORMAT",
      "are said about one member",
      aTar(first, { name: "x", type: "x", size: 10 ** 7 }),
    ],
    "a path for all members": [
      "E_TAR_FORMAT",
      "a global header",
      aTar(records({ path: "shop/x" }, "g"), first),
    ],
    "a name with a zero in it": ["E_TAR_FORMAT", "holds a zero", aTar(records({ path: "shop/x\0y" }), first)],
    "nothing in it": ["E_TAR_FORMAT", "there is no file in it", aTar()],
    "an empty file": ["E_TAR_TRUNCATED", "ends before its end", Buffer.alloc(0)],
    "no tar": ["E_TAR_FORMAT", "checksum", Buffer.alloc(10_000, "hello ")],
    "a packed file that is damaged": [
      "E_TAR_FORMAT",
      /incorrect|invalid/,
      Buffer.concat([gzipSync("").subarray(0, 10), deflateRawSync(aTar(first)), Buffer.alloc(8, 1)]),
    ],
  };
  test.each(Object.entries(hostile))("%s", async (_what, [code, reason, archive]) => {
    const refused = await unpacking(archive);
    expect(refused).toMatchObject({ code, left: [] });
    expect(refused.reason).toMatch(reason);
  });
});

describe("limits hold while the archive is read, not after it", () => {
  test("more than may be unpacked", async () => {
    const archive = gzipSync(
      aTar(...Array.from({ length: 50 }, (_none, at) => file(`shop/${at}`, "x".repeat(30_000)))),
    );
    expect(await unpacking(archive)).toMatchObject({ code: "E_TAR_LIMIT", left: [] });
    expect((await unpacking(archive, { size: 2 * 1024 ** 2 })).code).toBeUndefined();
  });

  test("more members than are allowed", async () => {
    const members = Array.from({ length: 1_001 }, (_none, at) => file(`shop/${at}`, ""));
    expect(await unpacking(aTar(...members))).toMatchObject({
      code: "E_TAR_LIMIT",
      reason: 'Cannot unpack the archive: "shop/1000" is one more than the 1000 members that are allowed',
      left: [],
    });
  });

  test("1 GiB of zeros in 1 MB: it is not unpacked first", async () => {
    const zeros = aMember({ name: "shop/zeros", size: 1024 ** 3 });
    // Only what is needed to see it is made: gzip members follow each other as if they were one.
    const packed = Buffer.concat([
      gzipSync(zeros),
      ...Array.from({ length: 64 }, () => gzipSync(Buffer.alloc(1024 ** 2))),
    ]);
    const begun = process.memoryUsage().rss;
    const refused = await unpacking(packed, { size: 4 * 1024 ** 3 });
    expect(refused).toMatchObject({ code: "E_TAR_LIMIT", left: [] });
    expect(refused.reason).toContain("more than 200 times as many");
    expect(process.memoryUsage().rss - begun).toBeLessThan(100 * 1024 ** 2);
  });
});

describe("what is packed well comes out as it was", () => {
  test("the one folder is taken away; modes lose what nobody should have; owners are ours", async () => {
    const { into, code } = await unpacking(
      aTar(
        { name: "./", type: "5" },
        { name: "./anything/", type: "5", mode: 0o777 },
        { ...file("./anything/bin/run", "#!/bin/sh\n"), mode: 0o777 },
        { ...file("./anything/secret", "s"), mode: 0o600 },
        { name: "./anything/empty", type: "5", mode: 0o3775 },
        { ...file("anything/none", ""), mode: 0o644 },
        secondName("anything/again", "anything/secret"),
        link("anything/bin/to", "../secret"),
        link("anything/dangling", "data/later"),
        link("anything/deep/in/none/here", "../../../secret"),
      ),
    );
    expect(code).toBeUndefined();
    const mode = (path: string) => (lstatSync(join(into, path)).mode & 0o7777).toString(8);
    expect(readdirSync(into).sort()).toEqual(["again", "bin", "dangling", "deep", "empty", "none", "secret"]);
    expect(["bin/run", "secret", "empty", "none", "bin"].map(mode)).toEqual([
      "755",
      "600",
      "755",
      "644",
      "755",
    ]);
    expect(readFileSync(join(into, "bin/to"), "utf8")).toBe("s");
    expect(readlinkSync(join(into, "dangling"))).toBe("data/later");
    expect(statSync(join(into, "again")).ino).toBe(statSync(join(into, "secret")).ino);
    expect(statSync(join(into, "secret"))).toMatchObject({
      uid: process.getuid?.(),
      mtimeMs: 1_700_000_000_000,
    });
  });

  test("links may lead anywhere where the app says so; still nothing is written through them", async () => {
    const out = [file("shop/a"), link("shop/out", "/etc/passwd"), link("shop/chain", "out")];
    expect((await unpacking(aTar(...out), { symlinks: "any" })).code).toBeUndefined();
    const through = aTar(link("shop/out", "/tmp"), file("shop/out/x"));
    expect(await unpacking(through, { symlinks: "any" })).toMatchObject({ code: "E_TAR_PATH", left: [] });
  });

  test("names that are no UTF-8, and in other formats", async () => {
    const latin1 = Buffer.from("shop/gr\xfc\xdfe", "latin1");
    const long = `shop/${"long".repeat(20)}/${"name".repeat(20)}`;
    const { into, code } = await unpacking(
      aTar(
        file(latin1 as never, "1"),
        records({ path: "shop/größe" }),
        file("shop/other", "2"),
        { name: "@LongLink", type: "L", contents: `${long}\0` },
        file(long, "3"),
        { ...file("shop/old", "4"), magic: "\0\0\0\0\0\0\0\0", type: "\0" },
        { name: "shop/oldfolder/", type: "\0", magic: "\0\0\0\0\0\0\0\0" },
        records({ comment: "d2e1b78" }, "g"),
        { ...file("shop/gnu", "5"), magic: "ustar  \0" },
      ),
    );
    expect(code).toBeUndefined();
    const names = readdirSync(into, { encoding: "buffer" })
      .map((each) => each.toString("latin1"))
      .sort();
    expect(names).toEqual(
      [
        "gnu",
        "gr\xfc\xdfe",
        Buffer.from("größe").toString("latin1"),
        "long".repeat(20),
        "old",
        "oldfolder",
      ].sort(),
    );
    expect(readFileSync(join(into, long.slice("shop/".length)), "utf8")).toBe("3");
  });

  test("what an earlier try left is not mixed with it", async () => {
    const folder = aFolder();
    mkdirSync(join(folder, "into"));
    await expect(unpackTar(join(folder, "archive"), join(folder, "into"), LIMITS)).rejects.toThrow("EEXIST");
    expect(existsSync(join(folder, "into"))).toBe(true);
  });
});

/** A folder of random files, as a list of what is in it. */
const trees = fc.dictionary(
  fc.stringMatching(/^[a-zé]{1,3}(\/[a-z ]{1,3}[a-z]){0,2}$/),
  fc.oneof(
    fc.record({ contents: fc.string({ maxLength: 2_000 }), run: fc.boolean() }),
    fc.record({ to: fc.stringMatching(/^[a-z]{1,4}$/) }),
  ),
  { minKeys: 1, maxKeys: 12 },
);

function plant(
  tree: Readonly<Record<string, { contents: string; run: boolean } | { to: string }>>,
  top: string,
): void {
  mkdirSync(top, { recursive: true });
  for (const [path, what] of Object.entries(tree)) {
    const place = join(top, path);
    try {
      mkdirSync(dirname(place), { recursive: true });
      if ("to" in what) symlinkSync(`${what.to}-nothing`, place);
      else writeFileSync(place, what.contents, { mode: what.run ? 0o755 : 0o644, flag: "wx" });
    } catch {
      // Its place is taken, or lies below a file.
    }
  }
}

const listing = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((path) => {
      const status = lstatSync(join(folder, path));
      const about = status.isSymbolicLink()
        ? `-> ${readlinkSync(join(folder, path))}`
        : status.isDirectory()
          ? "/"
          : `${(status.mode & 0o777).toString(8)} ${readFileSync(join(folder, path), "base64")}`;
      return `${path} ${about}`;
    });

const FORMATS = ["v7", "ustar", "gnu", "pax"] as const;
const PACKINGS = [[], ["--gzip"], ["--xz"], ["--zstd"]] as const;

test("random trees, packed by GNU tar in any of its formats and packings, come out as they were", async () => {
  await fc.assert(
    fc.asyncProperty(
      trees,
      fc.constantFrom(...FORMATS),
      fc.constantFrom(...PACKINGS),
      async (tree, format, packing) => {
        const folder = aFolder();
        plant(tree, join(folder, "top"));
        const archive = execFileSync("tar", [
          `--format=${format}`,
          ...packing,
          "-cf",
          "-",
          "-C",
          folder,
          "./top",
        ]);
        const unpackedIn = aFolder();
        const { code, reason, into } = await unpacking(archive, {}, unpackedIn);
        expect(`${code} ${reason}`).toBe("undefined ");
        expect(listing(into)).toEqual(listing(join(folder, "top")));
      },
    ),
    { numRuns: 25 },
  );
});

test("whatever is done to the bytes of an archive, it comes out within its folder, or is refused and leaves nothing", async () => {
  const sound = aTar(
    { name: "shop/", type: "5" },
    file("shop/a/b", "x".repeat(600)),
    records({ path: "shop/été", mtime: "1700000000.5" }),
    file("shop/x", "y"),
    link("shop/l", "a/b"),
    secondName("shop/n", "shop/a/b"),
    { name: "@LongLink", type: "L", contents: "shop/long\0" },
    file("shop/z"),
  );
  const folder = aFolder();
  const mend = (bytes: Buffer) => {
    // Otherwise nearly all of them would just have a wrong checksum.
    for (let at = 0; at + 512 <= bytes.length; at += 512) {
      const block = bytes.subarray(at, at + 512);
      if (block.toString("latin1", 257, 262) !== "ustar") continue;
      block.fill(32, 148, 156);
      block.write(
        block
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, "0"),
        148,
      );
      block[154] = 0;
    }
    return bytes;
  };
  const FIELDS = [0, 1, 5, 100, 124, 130, 135, 156, 157, 158, 345, 512, 513];
  const changes = fc.array(
    fc.tuple(
      fc.nat(sound.length / 512 - 1),
      fc.oneof(fc.constantFrom(...FIELDS), fc.nat(511)),
      fc.oneof(
        fc.constantFrom(..."/.\x00\x0012345xLKgS7".split("").map((each) => each.charCodeAt(0))),
        fc.nat(255),
      ),
    ),
    { minLength: 1, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(changes, fc.nat(sound.length), fc.boolean(), async (changed, cut, whole) => {
      const bytes = Buffer.from(sound);
      for (const [block, at, value] of changed) bytes[Math.min(block * 512 + at, bytes.length - 1)] = value;
      const { code, left, into } = await unpacking(
        whole ? mend(bytes) : mend(bytes).subarray(0, cut),
        {},
        folder,
      );
      if (code === undefined) {
        expect(left.every((each) => each === "into" || each.startsWith("into/"))).toBe(true);
        execFileSync("rm", ["-rf", into]);
      } else {
        expect(code).toMatch(/^E_TAR_/);
        expect(left).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

describe("archives come out as with yodeploy", () => {
  const BETTER: Readonly<Record<string, readonly [string, readonly string[]]>> = {
    "leading ./ : root name is '.'": ["what is named with ./ is what it is without", ["into", "into/bar"]],
  };
  test.each(CASES.extract_tar.map((each) => ({ ...each, title: BETTER[each.name]?.[0] ?? each.name })))(
    "$title",
    async ({ name, members, result }) => {
      const { code, left, into } = await unpacking(aTar(...members.map((each) => file(each))));
      const expected = typeof result === "string" ? BETTER[name]?.[1] : ["into", ...insideOf(result)];
      expect([code, left]).toEqual(expected === undefined ? ["E_TAR_ROOTS", []] : [undefined, expected]);
      for (const each of expected === undefined ? [] : left) {
        const { uid, gid } = statSync(join(dirname(into), each));
        expect([uid, gid]).toEqual([process.getuid?.(), process.getgid?.()]);
      }
    },
  );
  const insideOf = (recorded: readonly string[]) =>
    recorded.filter((each) => each.startsWith("x/")).map((each) => each.replace("x/", "into/"));
});
