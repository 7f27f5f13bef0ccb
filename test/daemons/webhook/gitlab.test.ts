import { expect, test } from "vitest";
import { gitlab } from "../../../daemons/webhook/gitlab.ts";
import { gitlabMergeRequest, gitlabPush, NONE, ONE, THREE, TWO } from "./payloads.ts";
import { linesOf, pushOf, SEEN, whyIgnored } from "./reading.ts";

const push = (payload: unknown) => pushOf(gitlab, "Push Hook", payload);

test("a push tells of its commits, the newest first; its time is when it came, for GitLab tells none", () => {
  const said = push(gitlabPush());
  expect(said).toMatchObject({
    ref: "refs/heads/main",
    before: ONE,
    after: THREE,
    change: "updated",
    pusher: "ada",
    at: SEEN.toISOString(),
    total: 2,
  });
  expect(said.commits.map(({ revision }) => revision)).toEqual([THREE, TWO]);
  expect(gitlab.tell("Push Hook", gitlabPush())).toMatchObject({ repository: "acme/web/shop" });
});

test("of more than twenty commits GitLab lists twenty, and all are counted", () => {
  expect(push(gitlabPush({ total_commits_count: 57 }))).toMatchObject({ total: 57 });
});

test("of an annotated tag, what is checked out counts", () => {
  const tag = gitlabPush({
    object_kind: "tag_push",
    event_name: "tag_push",
    ref: "refs/tags/v1",
    before: NONE,
    after: TWO,
    checkout_sha: THREE,
  });
  expect(push(tag)).toMatchObject({
    ref: "refs/tags/v1",
    after: THREE,
    change: "created",
    commits: [{ revision: THREE, message: "second" }],
    total: 1,
  });
});

test("a deleted branch and a deleted tag", () => {
  const deleted = { after: NONE, checkout_sha: null, commits: [], total_commits_count: 0 };
  expect(push(gitlabPush(deleted))).toMatchObject({ before: ONE, after: NONE, change: "deleted", total: 0 });
  const tag = gitlabPush({ ...deleted, object_kind: "tag_push", ref: "refs/tags/v1" });
  expect(push(tag)).toMatchObject({ ref: "refs/tags/v1", change: "deleted" });
});

test("hooks of a project, of a group and of the system are told apart by nothing that counts", () => {
  const { object_kind: _none, ...system } = gitlabPush();
  expect(pushOf(gitlab, "System Hook", system)).toEqual(push(gitlabPush()));
  expect(whyIgnored(gitlab, "System Hook", { event_name: "repository_update" })).toContain(
    "repository_update",
  );
});

test.each([
  ["open", "opened"],
  ["reopen", "reopened"],
  ["close", "closed"],
  ["merge", "merged"],
])("a merge request with the action %s is %s", (action, done) => {
  expect(linesOf(gitlab, "Merge Request Hook", gitlabMergeRequest({ action }))).toEqual([
    `[shop] merge request 7 ${done} by ada: Faster (fast → main) https://gitlab.com/acme/web/shop/-/merge_requests/7`,
  ]);
});

test("new commits, approvals and labels of a merge request are no news", () => {
  for (const action of ["update", "approved", "unapproved", "constructor"])
    expect(whyIgnored(gitlab, "Merge Request Hook", gitlabMergeRequest({ action }))).toContain(action);
});

test("a title of many lines that plays with the terminal stays one line", () => {
  const [line] = linesOf(gitlab, "Merge Request Hook", gitlabMergeRequest({ title: "a\nrepo: b\u001b[2J" }));
  expect(line).toContain("a\\u000arepo: b\\u001b[2J");
});

test("a release and a deployment", () => {
  const { project } = gitlabPush();
  const release = {
    object_kind: "release",
    action: "create",
    tag: "v1.1",
    name: "v1.1",
    released_at: "2026-11-02 12:55:12 UTC",
    url: "https://gitlab.com/acme/web/shop/-/releases/v1.1",
    project,
  };
  expect(linesOf(gitlab, "Release Hook", release)).toEqual([
    "[shop] release v1.1 published https://gitlab.com/acme/web/shop/-/releases/v1.1",
  ]);
  expect(gitlab.tell("Release Hook", release)).toMatchObject({ at: new Date("2026-11-02T12:55:12Z") });
  expect(whyIgnored(gitlab, "Release Hook", { ...release, action: "update" })).toContain("update");
  const deployment = {
    object_kind: "deployment",
    status: "running",
    status_changed_at: "2026-11-02 12:55:12 +0200",
    environment: "staging",
    ref: "main",
    user: { username: "ada" },
    project,
  };
  expect(linesOf(gitlab, "Deployment Hook", deployment)).toEqual([
    "[shop] deployment of main to staging by ada: running",
  ]);
});

test("every other event is ignored with a word", () => {
  for (const object_kind of ["pipeline", "note", "issue", "__proto__", "toString"])
    expect(whyIgnored(gitlab, "Some Hook", { object_kind })).toContain(object_kind);
  expect(whyIgnored(gitlab, "Some Hook", {})).toContain("nothing is made of");
});
