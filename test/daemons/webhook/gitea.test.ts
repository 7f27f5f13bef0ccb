import { expect, test } from "vitest";
import { gitea } from "../../../daemons/webhook/gitea.ts";
import { giteaPush, githubPush, NONE, ONE, THREE, TWO } from "./payloads.ts";
import { linesOf, pushOf, SEEN, whyIgnored } from "./reading.ts";

const push = (payload: unknown) => pushOf(gitea, "push", payload);

test("a push tells of its commits, the newest first, as Gitea lists them already", () => {
  const said = push(giteaPush());
  expect(said).toMatchObject({ before: ONE, after: THREE, pusher: "ada", at: SEEN.toISOString(), total: 2 });
  expect(said.commits.map(({ revision, message }) => [revision, message])).toEqual([
    [THREE, "second"],
    [TWO, "first"],
  ]);
});

test("a push of Gogs has neither a head nor a total", () => {
  const { head_commit: _head, total_commits: _total, ...gogs } = giteaPush();
  expect(push(gogs)).toMatchObject({ after: THREE, total: 2 });
});

test("of more commits than it lists, all are counted", () => {
  expect(push(giteaPush({ total_commits: 99 }))).toMatchObject({ total: 99 });
});

test("an annotated tag leads to its commit", () => {
  const tag = giteaPush({ ref: "refs/tags/v1", before: NONE, after: TWO, commits: null, total_commits: 0 });
  expect(push(tag)).toMatchObject({
    after: THREE,
    change: "created",
    commits: [{ revision: THREE }],
    total: 1,
  });
});

test("a tag that goes is told of by the push, and a branch by the event delete only", () => {
  const gone = giteaPush({ ref: "refs/tags/v1", after: NONE, commits: null, head_commit: null });
  expect(push(gone)).toMatchObject({ ref: "refs/tags/v1", before: ONE, change: "deleted" });
  const { repository, sender } = giteaPush();
  const deletion = { ref: "fast", ref_type: "branch", pusher_type: "user", repository, sender };
  expect(pushOf(gitea, "delete", deletion)).toMatchObject({
    ref: "refs/heads/fast",
    before: NONE,
    after: NONE,
    change: "deleted",
    pusher: "ada",
  });
  expect(whyIgnored(gitea, "delete", { ...deletion, ref_type: "tag" })).toContain("the push");
  expect(whyIgnored(gitea, "create", deletion)).toContain("the push");
});

test("pull requests and releases", () => {
  const { repository, sender } = giteaPush();
  const request = {
    action: "opened",
    number: 3,
    pull_request: { title: "Faster", merged: false, head: { ref: "fast" }, base: { ref: "main" } },
    repository,
    sender,
  };
  expect(linesOf(gitea, "pull_request", request)).toEqual([
    "[shop] pull request 3 opened by ada: Faster (fast → main)",
  ]);
  const release = {
    action: "published",
    release: { tag_name: "v1", name: "One", author: sender },
    repository,
  };
  expect(linesOf(gitea, "release", release)).toEqual(["[shop] release v1 “One” published by ada"]);
});

test("every other event is ignored with a word", () => {
  for (const event of ["issues", "fork", "package", "hasOwnProperty", ""])
    expect(whyIgnored(gitea, event, githubPush())).toContain(`the event ${event}`);
});
