import { expect, test } from "vitest";
import { updatesOf } from "../../../daemons/repo-updater/updates.ts";
import { parseData } from "../../../lib/messages/envelope.ts";
import { hostName, NO_REVISION, repositoryName, revision } from "../../../lib/schema/names.ts";
import { revisionOf } from "../../support/builders.ts";

const web1 = hostName.parse("web1");
const shop = repositoryName.parse("shop");
const change = (ref: string) => ({ ref, before: NO_REVISION, after: revision.parse(revisionOf("a")) });

test("a fetch that changed nothing is no news", async () => {
  expect(await updatesOf({ fetch: async () => [] }, web1, 4)(shop)).toEqual([]);
});

test("a first fetch of more refs than a message holds still fits into one", async () => {
  const changes = Array.from({ length: 1_500 }, (_none, index) =>
    change(`refs/tags/${"x".repeat(400)}${index}`),
  );
  const [said, ...others] = await updatesOf({ fetch: async () => changes }, web1, 4)(shop);
  expect(others).toEqual([]);
  expect(parseData("mirror.updated", said?.data).changes).toHaveLength(1_000);
});
