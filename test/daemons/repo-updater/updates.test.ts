import { expect, test } from "vitest";
import { updatesOf } from "../../../daemons/repo-updater/updates.ts";
import { hostName, NO_REVISION, repositoryName, revision } from "../../../lib/schema/names.ts";
import { revisionOf } from "../../support/builders.ts";

const web1 = hostName.parse("web1");
const shop = repositoryName.parse("shop");
const change = (ref: string) => ({ ref, before: NO_REVISION, after: revision.parse(revisionOf("a")) });

test("a fetch that changed nothing is no news", async () => {
  expect(await updatesOf({ fetch: async () => [] }, web1)(shop)).toEqual([]);
});

test("more changes than a message holds, and names that are too long, are left out", async () => {
  const many = Array.from({ length: 1_500 }, (_none, index) => change(`refs/tags/${index}`));
  const long = change(`refs/tags/${"x".repeat(300)}`);
  const [said] = await updatesOf({ fetch: async () => [long, ...many] }, web1)(shop);
  expect(said).toMatchObject({ data: { changes: many.slice(0, 1_000) } });
});
