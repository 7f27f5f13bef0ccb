import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linesOf, placeOf } from "../../../daemons/announcer/svn-layout.ts";
import { changesIn } from "../../../lib/effects/svn.ts";

describe("where a path is", () => {
  test.each([
    ["trunk/", "trunk", "", "refs/heads/trunk"],
    ["trunk/src/a.c", "trunk", "", "refs/heads/trunk"],
    ["awful-project/trunk/src/", "awful-project/trunk", "awful-project", "refs/heads/trunk"],
    ["branches/next/a", "branches/next", "", "refs/heads/next"],
    ["group/b/tags/1.0/a", "group/b/tags/1.0", "group/b", "refs/tags/1.0"],
    // The first of such names counts: what is in a trunk may be called anything.
    ["trunk/vendor/trunk/tags/x/", "trunk", "", "refs/heads/trunk"],
    ["tags/1.0/trunk/a", "tags/1.0", "", "refs/tags/1.0"],
    ["branches/trunk/a", "branches/trunk", "", "refs/heads/trunk"],
  ])("%s is in %s", (path, line, project, ref) => {
    expect(placeOf(path)).toEqual({ line: { path: line, project, ref }, container: false });
  });

  test.each(["README", "trunk", "branches", "docs/trunk", "branches/README", "trunks/a", "p/", ""])(
    "%s is in none",
    (path) => expect(placeOf(path)).toEqual({ container: false }),
  );

  test.each(["branches/", "tags/", "p/branches/"])("%s holds lines", (path) =>
    expect(placeOf(path)).toEqual({ container: true }),
  );

  test("every path of a line is below its folder, whatever names there are", () => {
    const name = fc.oneof(
      fc.constantFrom("trunk", "branches", "tags", "..", "-x", "a b"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((text) => !text.includes("/")),
    );
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), fc.boolean(), (names, isFolder) => {
        const path = names.join("/") + (isFolder ? "/" : "");
        const { line } = placeOf(path);
        if (line === undefined) return;
        expect(path.startsWith(`${line.path}/`)).toBe(true);
        expect(line.path.startsWith(line.project)).toBe(true);
      }),
    );
  });
});

test("a line is told of once, however many of its paths changed, and no path is lost", async () => {
  const part = fc.constantFrom("trunk", "branches", "tags", "a", "b");
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const change = fc.record({
    path: fc.tuple(path, fc.constantFrom("", "/")).map((both) => both.join("")),
    did: fc.constantFrom("added" as const, "changed" as const, "deleted" as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const { touched, outside } = await linesOf(changes, () => Promise.resolve(["trunk"]));
      const paths = touched.map((each) => each.path);
      expect(new Set(paths).size).toBe(paths.length);
      for (const each of changes) {
        const told = touched.some((line) => `${each.path}/`.startsWith(`${line.path}/`) || line.path === "");
        const below = touched.some((line) => line.path.startsWith(each.path));
        const { container } = placeOf(each.path);
        const leads = changes.some((other) => other !== each && other.path.startsWith(each.path));
        expect(told || below || container || leads || outside.includes(each.path)).toBe(true);
      }
    }),
  );
});

test("what svnlook prints is read line by line, blanks in names and all", () => {
  expect(
    changesIn(
      "A   p1/\nA + p1/two words/\n    (from p1/trunk/:r4)\n_U  p1/trunk/\nUU  p1/trunk/(from x:r1)\nD   +  a\nU   ü\n\nR   x\n",
    ),
  ).toEqual([
    { path: "p1/", did: "added" },
    { path: "p1/two words/", did: "copied" },
    { path: "p1/trunk/", did: "changed" },
    { path: "p1/trunk/(from x:r1)", did: "changed" },
    { path: "+  a", did: "deleted" },
    { path: "ü", did: "changed" },
  ]);
});
