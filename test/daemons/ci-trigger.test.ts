import { expect, test } from "vitest";
import { ciTrigger } from "../../daemons/ci-trigger.ts";
import { NO_REVISION } from "../../lib/schema/names.ts";
import { aPush, revisionOf } from "../support/builders.ts";
import { given } from "../support/given.ts";

const settings = {
  repositories: {
    shop: { url: "/srv/shop.git", ci: true },
    "team/site": { url: "/srv/site.git", ci: true },
    plain: { url: "/srv/plain.git" },
  },
};

test("a push of a branch asks for a build of its revision", async () => {
  const daemon = await given(ciTrigger, {}, { settings });
  const after = revisionOf("c");
  expect(await daemon.when("commit.pushed", aPush({ repository: "team/site", after }))).toEqual([
    {
      type: "build.requested",
      data: {
        build: `team/site@${after}`,
        repository: "team/site",
        ref: "refs/heads/main",
        revision: after,
        pipeline: "team/site",
      },
    },
  ]);
});

test.each([
  ["a repository without CI", { repository: "plain" }],
  ["a repository that is not configured", { repository: "other" }],
  ["a repository that is called like what every object has", { repository: "constructor" }],
  ["a tag", { ref: "refs/tags/v1" }],
  ["a deletion", { after: NO_REVISION, change: "deleted" }],
  ["a deletion in a repository of SHA-256", { after: "0".repeat(64), change: "deleted" }],
])("a push of %s asks for nothing", async (_what, push) => {
  const daemon = await given(ciTrigger, {}, { settings });
  expect(await daemon.when("commit.pushed", aPush(push))).toEqual([]);
});

test("a repository with the longest name that is allowed is built like any other", async () => {
  const repository = ["a", "b", "c", "d"].map((each) => each.repeat(63)).join("/");
  const daemon = await given(
    ciTrigger,
    {},
    { settings: { repositories: { [repository]: { url: "/srv/x.git", ci: true } } } },
  );
  expect(await daemon.when("commit.pushed", aPush({ repository }))).toMatchObject([
    { data: { repository, pipeline: repository } },
  ]);
});
