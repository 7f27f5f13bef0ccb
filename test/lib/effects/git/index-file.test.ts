import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexOf } from "../../../../lib/effects/git/index-file.ts";
import type { TreeFile } from "../../../../lib/effects/git/listing.ts";
import { aFolder } from "../../../support/folder.ts";

const HEX = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...HEX), minLength: length, maxLength: length });

/** Any bytes but those that git takes for no name: every part of a path begins with one that is none of them. */
const part = fc
  .tuple(
    fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 0x2e && byte !== 0x2f),
    fc.uint8Array({ max: 20 }),
  )
  .map(([first, rest]) =>
    Buffer.from([first, ...rest.filter((byte) => byte !== 0 && byte !== 0x2f)]).toString("latin1"),
  );

const files = (length: number): fc.Arbitrary<readonly TreeFile[]> =>
  fc.uniqueArray(
    fc.record({
      path: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
      mode: fc.constantFrom("100644", "100755", "120000", "160000"),
      id: hex(length).filter((id) => !/^0+$/.test(id)),
      size: fc.constant(0),
    }),
    { selector: ({ path }) => path, minLength: 1, maxLength: 30 },
  );

const aFile = (length: number): TreeFile => ({
  path: "a",
  mode: "100644",
  id: "1".repeat(length),
  size: 0,
});

describe.each([
  ["sha1", 40],
  ["sha256", 64],
] as const)("an index in a repository with %s", (format, length) => {
  const aRepository = () => {
    const folder = aFolder();
    execFileSync("git", ["init", "--quiet", "--bare", `--object-format=${format}`, folder]);
    return (bytes: Buffer, ...args: readonly string[]) => {
      const env = { ...process.env, GIT_INDEX_FILE: join(folder, "index-of-ours") };
      writeFileSync(env.GIT_INDEX_FILE, bytes);
      const { stdout, stderr } = spawnSync("git", ["--git-dir", folder, ...args], {
        env,
        encoding: "latin1",
      });
      return { stdout, stderr };
    };
  };

  it("is read by git as what was put in, whatever the names are", () => {
    const git = aRepository();
    fc.assert(
      fc.property(files(length), (some) => {
        const lines = git(indexOf(some), "ls-files", "--stage", "-z").stdout.split("\0").slice(0, -1);
        const put = some.map(({ mode, id, path }) => `${mode} ${id} 0\t${path}`);
        expect(lines.toSorted()).toEqual(put.toSorted());
      }),
      { numRuns: 40 },
    );
  });

  it("holds names that are longer than its entries say", () => {
    const path = `${"a".repeat(4_000)}/${"b".repeat(200)}`;
    const { stdout } = aRepository()(indexOf([{ ...aFile(length), path }]), "ls-files", "--stage", "-z");
    expect(stdout).toBe(`100644 ${"1".repeat(length)} 0\t${path}\0`);
  });

  it("has an end that git finds right", () => {
    const git = aRepository();
    const right = indexOf([aFile(length)]);
    const wrong = Buffer.from(right);
    wrong.writeUInt8(wrong.readUInt8(wrong.length - 1) ^ 1, wrong.length - 1);
    expect(git(wrong, "fsck").stderr).toContain("bad index file");
    expect(git(right, "fsck").stderr).not.toContain("bad index file");
  });
});
