import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Base, buildTree, type Wanted } from "../../../../lib/effects/trees/build.ts";
import { type FileRecord, readRecord, writeRecord } from "../../../../lib/effects/trees/record.ts";
import { sharingIn } from "../../../../lib/effects/trees/sharing.ts";
import { revision, type Revision } from "../../../../lib/schema/names.ts";
import { describeNeeding, ROOT } from "../../../support/needing.ts";

let folder: string;
let repository: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "skein-trees-"));
  repository = join(folder, "shop.git");
  execFileSync("git", ["init", "--quiet", "--bare", repository]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What may stand at a path: the bytes of a file, and its mode; a link; a submodule. */
type Entry = { readonly mode: "100644" | "100755" | "120000" | "160000"; readonly contents: string };
type Tree = ReadonlyMap<string, Entry>;

const name = fc.constantFrom(
  "a",
  "b b",
  "c'\"",
  "d\n",
  "é",
  "\xff\xfe",
  "-x",
  "$(touch)",
  "deep",
  "{e,f}",
  "*",
  "z.txt",
);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    mode: fc.constantFrom("100644" as const, "100755" as const),
    contents: fc.oneof(
      fc.constant(""),
      fc.string({ maxLength: 20 }),
      fc.constant("one\r\ntwo\n"),
      fc.constant("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"),
    ),
  }),
  fc.record({ mode: fc.constant("120000" as const), contents: fc.constantFrom("a", "deep/a", "./nowhere") }),
  fc.record({ mode: fc.constant("160000" as const), contents: fc.constant("") }),
);
const attributes = fc.option(
  fc.constantFrom(
    "*.txt text eol=crlf\n",
    "a export-ignore\n",
    "deep export-ignore\nb* -text\n",
    "z.txt export-subst\n",
  ),
  { nil: undefined },
);
const tree: fc.Arbitrary<Tree> = fc
  .tuple(fc.array(fc.tuple(path, entry), { minLength: 1, maxLength: 12 }), attributes)
  .map(([entries, said]) => {
    const files = new Map<string, Entry>();
    for (const [at, each] of entries) {
      // A file in the place of a folder, or a folder in the place of a file, comes from one tree to the next.
      for (const other of files.keys())
        if (other.startsWith(`${at}/`) || at.startsWith(`${other}/`) || other === at) files.delete(other);
      files.set(at, each);
    }
    if (said !== undefined) files.set(".gitattributes", { mode: "100644", contents: said });
    return files;
  });

const bytes = (text: string) => Buffer.from(text, "latin1");

/** Commits trees, one after the other, by one call of git. */
function committed(trees: readonly Tree[]): readonly Revision[] {
  const parts: Buffer[] = [];
  for (const [index, files] of trees.entries()) {
    parts.push(
      bytes(
        `commit refs/heads/main\nmark :${index + 1}\ncommitter A <a@example.com> ${1_700_000_000 + index} +0000\ndata 1\nx\ndeleteall\n`,
      ),
    );
    for (const [at, { mode, contents }] of files) {
      const quoted = `"${at.replace(/[\\"\n]|[\x80-\xff]/g, (unit) => `\\${unit.charCodeAt(0).toString(8).padStart(3, "0")}`)}"`;
      if (mode === "160000") parts.push(bytes(`M 160000 ${"1".repeat(40)} ${quoted}\n`));
      else {
        const data = Buffer.from(contents, "utf8");
        parts.push(bytes(`M ${mode} inline ${quoted}\ndata ${data.length}\n`), data, bytes("\n"));
      }
    }
  }
  const marks = join(folder, "marks");
  execFileSync(
    "git",
    ["--git-dir", repository, "fast-import", "--quiet", "--force", `--export-marks=${marks}`],
    { input: Buffer.concat(parts) },
  );
  const known = execFileSync("sort", ["-t:", "-k2n", marks], { encoding: "latin1" }).trim().split("\n");
  return known.map((line) => revision.parse(line.split(" ")[1]));
}

/** All that is in a folder: kinds, modes, and what files hold. */
function listing(of: string, hardlinked = false): string {
  const found = execFileSync("find", [".", "-mindepth", "1", "-printf", "%P\\0%y\\0%m\\0%l\\0"], {
    cwd: of,
    encoding: "latin1",
  }).split("\0");
  const lines: string[] = [];
  for (let at = 0; at + 3 < found.length; at += 4) {
    const [file = "", kind = "", mode = "", target = ""] = found.slice(at, at + 4);
    const seen = hardlinked && kind === "f" ? (Number.parseInt(mode, 8) | 0o200).toString(8) : mode;
    lines.push(`${JSON.stringify(file)} ${kind} ${kind === "l" ? target : seen}`);
  }
  return lines.toSorted().join("\n");
}

let built = 0;
const fresh = (within = folder) => join(within, `built-${(built += 1)}`);

async function build(
  commit: Revision,
  sharing: Wanted["sharing"],
  base?: Base,
  into = fresh(),
  warn?: Wanted["warn"],
): Promise<Base> {
  const made = await buildTree({
    sources: [{ git: { folder: repository }, commit, at: "" }],
    into,
    sharing,
    base,
    limits: { files: 1_000, bytes: 100_000_000 },
    symlinks: "any",
    ...(warn && { warn }),
  });
  return builtIn(into, made);
}

/** Writes the record of a release beside it, and reads it as the next one does. */
async function builtIn(into: string, made: FileRecord): Promise<Base> {
  const path = `${into}.record`;
  await writeRecord(path, made);
  const record = await readRecord(path);
  if (record === undefined) throw new Error("the record cannot be read");
  expect({ ...record, files: await record.files() }).toEqual(made);
  return { name: "x", folder: into, record };
}

/** What `git archive | tar x` makes of a commit. */
function archived(commit: Revision): string {
  const into = fresh();
  mkdirSync(into);
  const archive = execFileSync("git", ["--git-dir", repository, "-c", "tar.umask=0022", "archive", commit], {
    maxBuffer: 1e8,
  });
  execFileSync("tar", ["--extract", "--same-permissions", "--no-same-owner", `--directory=${into}`], {
    input: archive,
  });
  return into;
}

function expectSame(one: string, other: string, hardlinked = false): void {
  const { status, stdout } = spawnSync("diff", ["-r", "--no-dereference", one, other], {
    encoding: "latin1",
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  expect(listing(one, hardlinked)).toBe(listing(other));
}

const removed = (...folders: readonly string[]) => {
  for (const each of folders)
    for (const path of [each, `${each}.record`]) rmSync(path, { recursive: true, force: true });
};

/** Builds a release of each tree, one after the other, and looks at it beside what git makes of it. */
async function expectLikeArchives(
  trees: readonly Tree[],
  sharing: Wanted["sharing"],
  within?: string,
): Promise<void> {
  let base: Base | undefined;
  const made: string[] = [];
  for (const commit of committed(trees)) {
    const wanted = archived(commit);
    base = await build(commit, sharing, base, fresh(within));
    expectSame(base.folder, wanted, sharing === "hardlink");
    made.push(base.folder, wanted);
  }
  removed(...made);
}

const threeTrees = fc.tuple(tree, tree, tree);

test("whatever a revision holds, and whatever came before it, its release is what git archive makes of it", async () => {
  const ways = fc.constantFrom("none" as const, "hardlink" as const);
  await fc.assert(
    fc.asyncProperty(threeTrees, ways, (trees, way) => expectLikeArchives(trees, way)),
    { numRuns: 25 },
  );
}, 120_000);

const FILES: Tree = new Map(
  ["one", "two", "deep/three"].map((at) => [at, { mode: "100644", contents: `${at}\n` }] as const),
);
const changed: Tree = new Map([...FILES, ["two", { mode: "100755", contents: "changed\n" }]]);
const inode = (of: Base, at: string) => statSync(join(of.folder, at)).ino;

test("what did not change is the very file of the former release, read-only; what did is not", async () => {
  const [first, second] = committed([FILES, changed]);
  const former = await build(first!, "hardlink");
  const next = await build(second!, "hardlink", former);
  expect([inode(next, "one"), inode(next, "deep/three")]).toEqual([
    inode(former, "one"),
    inode(former, "deep/three"),
  ]);
  expect(inode(next, "two")).not.toBe(inode(former, "two"));
  expect(lstatSync(join(next.folder, "one")).mode & 0o222).toBe(0);
});

test.each(["touched", "replaced", "deleted", "the whole of it deleted"])(
  "a file of the former release that was %s is written anew, and what else lies there is not taken along",
  async (how) => {
    const [first, second] = committed([FILES, changed]);
    const former = await build(first!, "hardlink", await build(first!, "hardlink"));
    const file = join(former.folder, "one");
    writeFileSync(join(former.folder, "made-by-a-script"), "x");
    if (how === "touched") {
      chmodSync(file, 0o644);
      writeFileSync(file, "something else\n");
    } else rmSync(how.startsWith("the whole") ? former.folder : file, { recursive: true });
    if (how === "replaced") writeFileSync(file, "one\n");
    const warned: string[] = [];
    const next = await build(second!, "hardlink", former, fresh(), (paths) => warned.push(...paths));
    expectSame(next.folder, archived(second!), true);
    expect(readdirSync(next.folder)).not.toContain("made-by-a-script");
    // What stands in another file's place is in no other release.
    expect(warned).toEqual(how === "touched" ? ["one"] : []);
  },
);

const many = (count: number, contents: (index: number) => string): Tree =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      `f${index % 7}/${index}`,
      { mode: index % 2 === 0 ? "100644" : "100755", contents: contents(index) },
    ]),
  );

test.each<[string, Tree]>([
  ["many files", many(150, (index) => `${index}`)],
  ["a large file", new Map([["large", { mode: "100644", contents: "0123456789abcde\n".repeat(100_000) }]])],
  ["many files that are large together", many(50, () => "0123456789abcde\n".repeat(2_000))],
  ["nothing but a link", new Map([["link", { mode: "120000", contents: "one" }]])],
])("what changed is right where that is %s", async (_what, more) => {
  const [first, second] = committed([FILES, new Map([...FILES, ...more])]);
  const next = await build(second!, "hardlink", await build(first!, "hardlink"));
  expectSame(next.folder, archived(second!), true);
  expect(next.record.base).toBe("x");
});

test("attributes of the mirror itself say how files are written, also where little changed", async () => {
  const [first, second] = committed([FILES, changed]);
  const former = await build(first!, "hardlink");
  const attributes = join(repository, "info", "attributes");
  writeFileSync(attributes, "two text eol=crlf\n");
  try {
    const next = await build(second!, "hardlink", former);
    expect(readFileSync(join(next.folder, "two"), "utf8")).toBe("changed\r\n");
  } finally {
    rmSync(attributes);
  }
});

/** Calls git on the repository, and answers with the id that it prints. */
const idBy = (args: readonly string[], input: string | Buffer, env: Readonly<Record<string, string>> = {}) =>
  execFileSync("git", ["--git-dir", repository, ...args], {
    input,
    encoding: "utf8",
    env: { ...process.env, ...env },
  }).trim();

const blobOf = (contents: string): string => idBy(["hash-object", "-w", "--stdin"], contents);

/** A tree that git would never make. */
function handMade(entries: readonly (readonly [mode: string, name: string, id: string])[]): string {
  const lines = entries.flatMap(([mode, at, id]) => [bytes(`${mode} ${at}\0`), Buffer.from(id, "hex")]);
  return idBy(["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], Buffer.concat(lines));
}

const committedAs = (tree: string): Revision =>
  revision.parse(
    idBy(["commit-tree", "-m", "x", tree], "", {
      GIT_AUTHOR_NAME: "A",
      GIT_AUTHOR_EMAIL: "a@example.com",
      GIT_COMMITTER_NAME: "A",
      GIT_COMMITTER_EMAIL: "a@example.com",
    }),
  );

test.each(["..", ".", ".git", ".GiT"])(
  "a tree made by hand that holds a folder %s is refused before anything is written, also after another release",
  async (wrong) => {
    const [first] = committed([FILES]);
    const inner = handMade([["100644", "escaped", blobOf("x\n")]]);
    const evil = committedAs(handMade([["40000", wrong, inner]]));
    const former = await build(first!, "hardlink");
    for (const base of [undefined, former]) {
      const into = fresh();
      await expect(build(evil, "hardlink", base, into)).rejects.toMatchObject({ code: "TREE_PATH" });
      expect(() => lstatSync(into)).toThrow("ENOENT");
    }
  },
);

test("nothing is written through a link, where a tree made by hand holds a folder of the same name", async () => {
  const outside = fresh();
  mkdirSync(outside);
  const [first] = committed([FILES]);
  const inner = handMade([["100644", "escaped", blobOf("x\n")]]);
  const evil = committedAs(
    handMade([
      ["120000", "a", blobOf(outside)],
      ["40000", "a", inner],
    ]),
  );
  const former = await build(first!, "hardlink");
  for (const base of [undefined, former]) {
    await build(evil, "hardlink", base).catch(() => undefined);
    expect(readdirSync(outside)).toEqual([]);
  }
});

test("a former commit that the mirror does not know any more costs only that nothing is shared", async () => {
  const [first] = committed([FILES]);
  const former = await build(first!, "hardlink");
  const lost = {
    ...former.record,
    sources: former.record.sources.map((each) => ({ ...each, commit: revision.parse("e".repeat(40)) })),
  };
  const next = await build(first!, "hardlink", { ...former, record: lost });
  expectSame(next.folder, archived(first!), true);
});

test("trees are composed, each at its place: what is deeper comes over what it lies in", async () => {
  const [theme, news] = committed([
    new Map([
      ["index", { mode: "100644", contents: "theme" }],
      ["news/old", { mode: "100644", contents: "hidden" }],
    ]),
    new Map([["page", { mode: "100644", contents: "news" }]]),
  ]);
  const git = { folder: repository };
  const compose = (base?: Base) => {
    const into = fresh();
    return buildTree({
      sources: [
        { git, commit: theme!, at: "" },
        { git, commit: news!, at: "news" },
      ],
      into,
      sharing: "hardlink",
      base,
      limits: { files: 100, bytes: 10_000 },
      symlinks: "inside",
    }).then((made) => builtIn(into, made));
  };
  const first = await compose();
  expect(readdirSync(join(first.folder, "news"))).toEqual(["page"]);
  const again = await compose(first);
  expect(inode(again, "news/page")).toBe(inode(first, "news/page"));
});

test("a tree that is larger than it may be is refused before anything is written", async () => {
  const [first] = committed([FILES]);
  const into = fresh();
  const limits = { files: 2, bytes: 1_000 };
  const wanted = {
    sources: [{ git: { folder: repository }, commit: first!, at: "" }],
    into,
    sharing: "none" as const,
    symlinks: "inside" as const,
  };
  await expect(buildTree({ ...wanted, limits })).rejects.toMatchObject({ code: "TREE_LIMIT" });
  await expect(buildTree({ ...wanted, limits: { files: 10, bytes: 5 } })).rejects.toMatchObject({
    code: "TREE_LIMIT",
  });
  expect(() => lstatSync(into)).toThrow("ENOENT");
});

describeNeeding(
  { "mkfs.xfs": "xfsprogs", mount: "mount", [ROOT]: "root" },
  "where files can be cloned",
  () => {
    let disk: string;
    beforeAll(() => {
      disk = join(folder, "disk");
      const image = join(folder, "image");
      mkdirSync(disk);
      // XFS is not made smaller.
      execFileSync("truncate", ["--size=300M", image]);
      execFileSync("mkfs.xfs", ["-q", "-m", "reflink=1", image]);
      execFileSync("mount", ["-o", "loop", image, disk]);
    });
    afterAll(() => execFileSync("umount", [disk]));

    const used = () => {
      execFileSync("sync", ["-f", disk]);
      const { blocks, bfree, bsize } = statfsSync(disk);
      return (blocks - bfree) * bsize;
    };

    test("it is found out, and chosen where it is allowed", async () => {
      expect(await sharingIn(disk, ["reflink", "hardlink"])).toBe("reflink");
      expect(await sharingIn(disk, ["hardlink"])).toBe("hardlink");
      expect(await sharingIn(folder, ["reflink"])).toBe("none");
    });

    test("what did not change takes no room again, and is a file of its own that the app may write into", async () => {
      const large = "x".repeat(20_000_000);
      const files: Tree = new Map([...FILES, ["large", { mode: "100644", contents: large }]]);
      const [first, second] = committed([
        files,
        new Map([...files, ["two", { mode: "100644", contents: "!" }]]),
      ]);
      const former = await build(first!, "reflink", undefined, fresh(disk));
      const before = used();
      const next = await build(second!, "reflink", former, fresh(disk));
      expect(used() - before).toBeLessThan(2_000_000);
      const [theirs, ours] = [former, next].map((each) => join(each.folder, "large"));
      expect(statSync(ours!).ino).not.toBe(statSync(theirs!).ino);
      expect(statSync(ours!).mtimeMs).toBeCloseTo(statSync(theirs!).mtimeMs, 1);
      appendFileSync(ours!, "written by the app");
      expect(statSync(theirs!).size).toBe(large.length);
      expectSame(former.folder, archived(first!));
    });

    test("a release is what git archive makes of it there as well", async () => {
      const like = (trees: readonly Tree[]) => expectLikeArchives(trees, "reflink", disk);
      await fc.assert(fc.asyncProperty(threeTrees, like), { numRuns: 8 });
    }, 60_000);
  },
);
