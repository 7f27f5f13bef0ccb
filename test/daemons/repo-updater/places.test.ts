import { basename, join, normalize } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CheckoutConfig, settings } from "../../../daemons/repo-updater/config.ts";
import { entryFor, intentOf, type Place } from "../../../daemons/repo-updater/places.ts";
import { type RefName, refName, revision } from "../../../lib/schema/names.ts";
import { revisionOf } from "../../support/builders.ts";

const id = revision.parse(revisionOf("a"));
const config = (mode: string): CheckoutConfig => {
  const checkouts = { env: { repository: "shop", mode, target: "/srv/env" } };
  return settings.parse({ checkouts }).checkouts["env"] as CheckoutConfig;
};
const branches = (kind: "heads" | "tags") =>
  fc
    .uniqueArray(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._/@+-]{0,12}$/), { maxLength: 30 })
    .map((names) => names.flatMap((name) => refName.safeParse(`refs/${kind}/${name}`).data ?? []));

const intent = (mode: string, refs: readonly RefName[], places: ReadonlyMap<string, Place> = new Map()) =>
  intentOf({
    config: config(mode),
    refs: refs.map((ref) => ({ ref, revision: id })),
    places,
    standard: undefined,
    allowed: (at) => at.revision,
  });

test.each([
  ["puppetmaster", "heads"],
  ["tags", "tags"],
] as const)(
  "%s: each ref has one name of its own in the folder, or is refused; none leads anywhere else",
  (mode, kind) => {
    fc.assert(
      fc.property(branches(kind), (refs) => {
        const { wishes, refused, gone } = intent(mode, refs);
        expect(gone).toEqual([]);
        expect([...wishes.map(({ ref }) => ref as string), ...refused.map(({ ref }) => ref)].sort()).toEqual(
          [...refs].sort(),
        );
        const entries = wishes.map(({ entry = "" }) => entry);
        expect(new Set(entries.map((each) => each.toLowerCase())).size).toBe(entries.length);
        for (const entry of entries) {
          expect(entry).toMatch(mode === "tags" ? /^[A-Za-z0-9][A-Za-z0-9._-]*$/ : /^[A-Za-z0-9]\w*$/);
          expect(basename(normalize(join("/srv/env", entry)))).toBe(entry);
        }
      }),
    );
  },
);

test("whoever has a name keeps it, whatever else comes to it", () => {
  fc.assert(
    fc.property(branches("heads"), branches("heads"), (before, added) => {
      const first = intent("puppetmaster", before).wishes;
      const places = new Map(
        first.map(({ ref, entry = "" }) => [ref as string, { ref, entry, target: "/srv/env", revision: id }]),
      );
      const now = intent("puppetmaster", [...new Set([...before, ...added])], places);
      const entries = new Map(now.wishes.map(({ ref, entry }) => [ref, entry]));
      for (const { ref, entry } of first) expect(entries.get(ref)).toBe(entry);
    }),
  );
});

test("what is gone is what was there and is wanted no more", () => {
  const [main, old] = ["refs/heads/main", "refs/heads/old"].map((each) => refName.parse(each));
  const places = new Map([[old as string, { ref: old as RefName, target: "/srv/env" }]]);
  expect(intent("puppetmaster", [main as RefName], places)).toMatchObject({
    gone: [old],
    wishes: [{ ref: main }],
  });
});

test.each([
  ["puppetmaster", "refs/heads/feature/new-vhost", "feature_new_vhost"],
  ["puppetmaster", "refs/heads/v1.2", "v1_2"],
  ["tags", "refs/tags/v1.2", "v1.2"],
  ["tags", "refs/tags/release/2", "release_2"],
] as const)("%s: %s is %s", (mode, ref, entry) => {
  expect(entryFor(mode, refName.parse(ref))).toBe(entry);
});
