import { expect, test } from "vitest";
import { decided } from "../../../daemons/repo-updater/passed.ts";
import { refName, revision } from "../../../lib/schema/names.ts";
import { revisionOf } from "../../support/builders.ts";

const [older, newer] = [revision.parse(revisionOf("1")), revision.parse(revisionOf("2"))];
/** Two commits, one after the other. */
const git = {
  has: () => Promise.resolve(true),
  isAncestor: (one: string, two: string) => Promise.resolve(one <= two),
};

test.each([
  ["refs/heads/main", older, older],
  ["refs/heads/main", newer, newer],
  ["refs/tags/v2", newer, newer],
  ["refs/tags/v2", older, undefined],
])("of %s, a build of %s that passed allows %s", async (ref, built, allowed) => {
  const builds = { passed: [{ revision: built, pipeline: "shop" }] };
  const at = { ref: refName.parse(ref), revision: newer };
  expect((await decided(git, at, { builds, pipelines: [], fresh: true })).allowed).toBe(allowed);
});
