import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { staysInside } from "../../../../lib/effects/git/symlinks.ts";

test.each([
  ["link", "page", true],
  ["link", "./a/b", true],
  ["a/link", "../page", true],
  ["a/b/link", "../../c/d", true],
  ["a/link", "..", true],
  ["link", "name.with..dots", true],
  ["link", ".hidden", true],
  ["link", "..", false],
  ["link", "../x", false],
  ["a/link", "../../x", false],
  ["link", "/etc/passwd", false],
  ["link", "", false],
  ["link", "a/../../x", false],
  ["link", ".hidden/../x", false],
  ["link", ".../../x", false],
])("a link %s that leads to %s stays inside: %s", (path, target, inside) => {
  expect(staysInside(path, target)).toBe(inside);
});

test("links that are let through lead out by no chain of them", () => {
  const name = fc.constantFrom("a", "b", "c", "...");
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const target = fc
    .array(fc.constantFrom("a", "b", "c", "..", ".", "..."), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join("/"));
  fc.assert(
    fc.property(fc.array(fc.tuple(path, target), { maxLength: 8 }), (links) => {
      const outer = mkdtempSync(join(tmpdir(), "skein-links-"));
      const tree = join(outer, "tree");
      mkdirSync(tree);
      try {
        const made = links.filter(([path, target]) => staysInside(path, target) && make(tree, path, target));
        for (const [path] of made)
          expect(`${whither(join(tree, path)) ?? tree}/`.startsWith(`${tree}/`)).toBe(true);
      } finally {
        rmSync(outer, { recursive: true });
      }
    }),
    { numRuns: 300 },
  );
});

/** Makes a link as git would: only where nothing on the way is one. */
function make(tree: string, path: string, target: string): boolean {
  try {
    const folder = dirname(join(tree, path));
    mkdirSync(folder, { recursive: true });
    if (realpathSync(folder) !== folder) return false;
    symlinkSync(target, join(tree, path));
    return true;
  } catch {
    return false;
  }
}

function whither(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
