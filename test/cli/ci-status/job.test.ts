import { expect, test } from "vitest";
import { buildOf } from "../../../cli/ci-status/job.ts";
import { type Settings, settingsSchema } from "../../../cli/settings.ts";
import { revisionOf } from "../../support/builders.ts";

const commit = revisionOf("a");

function settings(): Settings {
  return settingsSchema.parse({
    repositories: {
      shop: { url: "git@git.example.com:acme/shop.git" },
      "team/site": { url: "https://git.example.com/acme/site" },
      example: { url: "/srv/git/example.git" },
      legacy: { type: "svn", url: "/srv/svn/legacy" },
    },
    "ci-trigger": {
      servers: {
        main: { type: "jenkins", url: "https://jenkins.example.com", user: "skein", token: { env: "TOKEN" } },
      },
      jobs: {
        "shop-unit": { repository: "shop", server: "main", job: "web/unit" },
        "site-branches": { repository: "team/site", server: "main", job: "site/{branch}" },
      },
    },
  });
}

/** What Jenkins sets in a job; state only what the test is about. */
const aJob = (said: Readonly<Record<string, string>>) => ({
  environment: {
    BUILD_NUMBER: "42",
    JOB_NAME: "some-job",
    GIT_COMMIT: commit,
    BUILD_URL: "https://jenkins.example.com/job/some-job/42/",
    ...said,
  },
});

test.each([
  [
    "the address of the repository, however it is written",
    { GIT_BRANCH: "origin/feature/x", GIT_URL: "https://user:s3cret@GIT.example.com/acme/shop" },
    { build: `shop@${commit}`, repository: "shop", ref: "refs/heads/feature/x" },
  ],
  [
    "the name of a job that ci-trigger knows: the build has the id that it would give it",
    { JOB_NAME: "web/unit", GIT_BRANCH: "origin/main" },
    { build: `shop-unit@${commit}`, repository: "shop", ref: "refs/heads/main" },
  ],
  [
    "the branch of a multibranch job",
    { JOB_NAME: "site/feature%2Fx", BRANCH_NAME: "feature/x", GIT_BRANCH: "feature/x" },
    { build: `site-branches@${commit}`, repository: "team/site", ref: "refs/heads/feature/x" },
  ],
  [
    "the older kit's way to call the remote like the repository",
    { GIT_BRANCH: "example/master" },
    { build: `example@${commit}`, repository: "example", ref: "refs/heads/master" },
  ],
  [
    "a tag",
    { GIT_URL: "/srv/git/example.git", TAG_NAME: "v1.4.2", GIT_BRANCH: "v1.4.2" },
    { build: `example@${commit}`, repository: "example", ref: "refs/tags/v1.4.2" },
  ],
  [
    "Subversion",
    { GIT_COMMIT: "", SVN_URL: "/srv/svn/legacy", SVN_REVISION: "7" },
    { build: "legacy@r7", repository: "legacy", ref: "refs/heads/trunk", revision: "r7" },
  ],
])("a build is known by %s", (_what, said, expected) => {
  expect(buildOf(aJob(said), settings())).toMatchObject({
    ...expected,
    url: "https://jenkins.example.com/job/some-job/42/",
  });
});

test("a person's word comes first", () => {
  const said = { ...aJob({ GIT_BRANCH: "origin/main" }), repository: "example", ref: "refs/tags/v1" };
  expect(buildOf(said, settings())).toMatchObject({ build: `example@${commit}`, ref: "refs/tags/v1" });
});

const SHOP = "git@git.example.com:acme/shop.git";

test.each([
  ["no branch at all", { GIT_URL: SHOP }, "none of GIT_BRANCH, BRANCH_NAME and TAG_NAME is set"],
  ["a detached head", { GIT_URL: SHOP, GIT_BRANCH: "detached" }, "is no branch and no tag"],
  [
    "a branch that no ref can be",
    { GIT_URL: SHOP, GIT_BRANCH: "origin/$(touch x)" },
    "is no branch and no tag",
  ],
  ["no commit", { GIT_URL: SHOP, GIT_BRANCH: "origin/main", GIT_COMMIT: "" }, "GIT_COMMIT is not set"],
  ["half a commit", { GIT_URL: SHOP, GIT_BRANCH: "origin/main", GIT_COMMIT: "abc123" }, "no full object id"],
  ["a remote that is no repository", { GIT_BRANCH: "origin/main" }, "GIT_URL is not set"],
  [
    "a repository that is not configured",
    { GIT_BRANCH: "origin/main", GIT_URL: "https://me:s3cret@elsewhere.example.com/acme/shop" },
    "no repository of the configuration is at elsewhere.example.com/acme/shop,",
  ],
])("%s is told, and no build is made up", (_what, said, why) => {
  expect(() => buildOf(aJob(said), settings())).toThrow(
    expect.objectContaining({ code: "BUILD_UNCLEAR", message: expect.stringContaining(why) as string }),
  );
});

test("an address that is none for people is left out", () => {
  const said = aJob({ GIT_URL: SHOP, GIT_BRANCH: "origin/main", BUILD_URL: "javascript:alert(1)" });
  expect(buildOf(said, settings())).not.toHaveProperty("url");
});
