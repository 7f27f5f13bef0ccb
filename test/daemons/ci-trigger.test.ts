import { beforeEach, expect, test } from "vitest";
import { ciTrigger } from "../../daemons/ci-trigger.ts";
import { aPush, revisionOf } from "../support/builders.ts";
import { aFolder } from "../support/folder.ts";
import { given } from "../support/given.ts";

let state: string;
beforeEach(() => {
  state = aFolder();
});

const settings = () => ({
  state,
  repositories: { shop: { url: "/srv/shop.git", ci: true }, docs: { url: "/srv/docs.git" } },
});

test("a push of a branch asks for a build of that revision", async () => {
  const push = aPush({ ref: "refs/heads/feature/x", after: revisionOf("c") });
  expect(await given(ciTrigger, { settings: settings() }).when("commit.pushed", push)).toEqual([
    {
      type: "build.requested",
      data: {
        build: `shop@${revisionOf("c")}`,
        repository: "shop",
        ref: "refs/heads/feature/x",
        revision: revisionOf("c"),
        pipeline: "shop",
      },
    },
  ]);
});

test("the same push, heard twice, asks for the same build", async () => {
  const daemon = given(ciTrigger, { settings: settings() });
  expect(await daemon.when("commit.pushed", aPush())).toEqual(await daemon.when("commit.pushed", aPush()));
});

test.each([
  ["a repository without `ci: true`", { repository: "docs" }],
  ["a repository that nobody configured", { repository: "payroll" }],
  ["a repository named as something that every object has", { repository: "constructor" }],
  ["a tag", { ref: "refs/tags/v1" }],
  ["a branch that was deleted", { after: revisionOf("0") }],
  ["a branch that was deleted, in SHA-256", { after: "0".repeat(64) }],
])("a push of %s asks for nothing", async (_what, said) => {
  expect(await given(ciTrigger, { settings: settings() }).when("commit.pushed", aPush(said))).toEqual([]);
});

test("a repository with a name of any allowed length is built", async () => {
  const repository = ["a", "b", "c", "d"].map((each) => each.repeat(63)).join("/");
  const daemon = given(ciTrigger, {
    settings: { state, repositories: { [repository]: { url: "/srv/x", ci: true } } },
  });
  expect(await daemon.when("commit.pushed", aPush({ repository }))).toMatchObject([{ data: { repository } }]);
});
