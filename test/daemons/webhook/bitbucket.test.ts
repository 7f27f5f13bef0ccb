import { expect, test } from "vitest";
import { bitbucketDc } from "../../../daemons/webhook/bitbucket-dc.ts";
import { bitbucket } from "../../../daemons/webhook/bitbucket.ts";
import {
  bitbucketBranch,
  bitbucketChange,
  bitbucketDcPush,
  bitbucketPush,
  dcChange,
  dcCommit,
  NONE,
  ONE,
  THREE,
  TWO,
} from "./payloads.ts";
import { linesOf, pushesOf, pushOf, SEEN, whyIgnored } from "./reading.ts";

const push = (...changes: readonly unknown[]) => pushesOf(bitbucket, "repo:push", bitbucketPush(...changes));

test("Bitbucket: a push tells of its commits; the name and the address of who wrote them are one text there", () => {
  expect(push()).toMatchObject([
    {
      ref: "refs/heads/main",
      before: ONE,
      after: THREE,
      change: "updated",
      pusher: "ada",
      at: SEEN.toISOString(),
      commits: [
        {
          revision: THREE,
          author: { name: "Ada Lovelace", email: "ada@example.com" },
          at: "2026-11-20T11:00:00.000Z",
          message: "second",
        },
        { revision: TWO },
      ],
      total: 2,
    },
  ]);
});

test("Bitbucket: each ref of a push is a message of its own", () => {
  const said = push(
    bitbucketChange(),
    bitbucketChange({ old: null, new: bitbucketBranch(THREE, "v1", "tag"), created: true, commits: null }),
    bitbucketChange({ old: bitbucketBranch(ONE, "old"), new: null, closed: true, commits: [] }),
    bitbucketChange({ old: bitbucketBranch(ONE, "v0", "tag"), new: null, closed: true }),
    bitbucketChange({ forced: true }),
  );
  expect(said.map(({ ref, before, after, change, total }) => [ref, before, after, change, total])).toEqual([
    ["refs/heads/main", ONE, THREE, "updated", 2],
    ["refs/tags/v1", NONE, THREE, "created", 1],
    ["refs/heads/old", ONE, NONE, "deleted", 0],
    ["refs/tags/v0", ONE, NONE, "deleted", 0],
    ["refs/heads/main", ONE, THREE, "forced", 2],
  ]);
  expect(said[1]?.commits).toMatchObject([{ revision: THREE, message: "second" }]);
});

test("Bitbucket: where a ref was closed and created at once, what it was and what it is counts", () => {
  expect(push(bitbucketChange({ created: true, closed: true }))).toMatchObject([{ change: "updated" }]);
  expect(push(bitbucketChange({ created: true, closed: true, new: null }))).toMatchObject([
    { change: "deleted" },
  ]);
  expect(push(bitbucketChange({ old: null, new: null }))).toEqual([]);
  expect(push(bitbucketChange({ old: null, new: bitbucketBranch(ONE, "x", "bookmark") }))).toEqual([]);
});

test("Bitbucket: a truncated push counts what it lists", () => {
  expect(push(bitbucketChange({ truncated: true }))).toMatchObject([{ total: 2 }]);
});

test("Bitbucket: an author may be nothing but a name", () => {
  const commit = { hash: THREE, message: null, date: "no date", author: { raw: "ada" } };
  expect(push(bitbucketChange({ commits: [commit] }))[0]?.commits).toEqual([
    { revision: THREE, author: { name: "ada", email: "" }, at: SEEN.toISOString(), message: "" },
  ]);
});

test("Bitbucket: pull requests", () => {
  const { actor, repository } = bitbucketPush();
  const pullrequest = {
    id: 5,
    title: "Faster",
    source: { branch: { name: "fast" } },
    destination: { branch: { name: "main" } },
    links: { html: { href: "https://bitbucket.org/acme/shop/pull-requests/5" } },
  };
  const line = (event: string) => linesOf(bitbucket, event, { actor, repository, pullrequest });
  expect(line("pullrequest:created")).toEqual([
    "[shop] pull request 5 opened by ada: Faster (fast → main) https://bitbucket.org/acme/shop/pull-requests/5",
  ]);
  expect(line("pullrequest:fulfilled")[0]).toContain("5 merged by ada");
  expect(whyIgnored(bitbucket, "pullrequest:approved", {})).toContain("pullrequest:approved");
});

test("Data Center: a push tells of its commits, and when it was", () => {
  expect(pushOf(bitbucketDc, "repo:refs_changed", bitbucketDcPush())).toMatchObject({
    ref: "refs/heads/main",
    before: ONE,
    after: THREE,
    change: "updated",
    pusher: "ada",
    at: "2026-11-19T23:45:32.000Z",
    commits: [
      { revision: THREE, at: "2026-11-26T10:00:00.000Z", message: "second" },
      { revision: TWO, message: "first" },
    ],
    total: 2,
  });
  expect(bitbucketDc.tell("repo:refs_changed", bitbucketDcPush())).toMatchObject({ repository: "ACME/shop" });
});

test("Data Center: before version 7.14 no commits are told, and the push is news all the same", () => {
  const { commits: _commits, toCommit: _to, ...old } = bitbucketDcPush();
  expect(pushOf(bitbucketDc, "repo:refs_changed", old)).toMatchObject({
    after: THREE,
    commits: [],
    total: 0,
  });
});

test("Data Center: several refs, of which the commits belong to none for certain", () => {
  const changes = [
    dcChange("refs/heads/main", ONE, THREE, "UPDATE"),
    dcChange("refs/heads/old", ONE, NONE, "DELETE"),
    dcChange("refs/tags/v1", NONE, TWO, "ADD"),
  ];
  const said = pushesOf(bitbucketDc, "repo:refs_changed", bitbucketDcPush({ changes }));
  expect(said.map(({ ref, after, change, commits }) => [ref, after, change, commits.length])).toEqual([
    ["refs/heads/main", THREE, "updated", 0],
    ["refs/heads/old", NONE, "deleted", 0],
    ["refs/tags/v1", TWO, "created", 0],
  ]);
});

test("Data Center: an annotated tag leads to its commit", () => {
  const tag = bitbucketDcPush({
    changes: [dcChange("refs/tags/v1", NONE, TWO, "ADD")],
    toCommit: dcCommit(THREE, "second"),
  });
  expect(pushOf(bitbucketDc, "repo:refs_changed", tag)).toMatchObject({
    after: THREE,
    commits: [{ revision: THREE }],
  });
});

test("Data Center: pull requests, its ping, and what is no news", () => {
  const { date, actor, repository } = bitbucketDcPush();
  const pullRequest = {
    id: 5,
    title: "Faster",
    fromRef: { displayId: "fast", repository },
    toRef: { displayId: "main", repository },
  };
  expect(linesOf(bitbucketDc, "pr:merged", { date, actor, pullRequest })).toEqual([
    "[shop] pull request 5 merged by ada: Faster (fast → main)",
  ]);
  expect(bitbucketDc.tell("pr:merged", { pullRequest })).toMatchObject({ repository: "ACME/shop" });
  expect(whyIgnored(bitbucketDc, "diagnostics:ping", { test: true })).toContain("the hook works");
  expect(whyIgnored(bitbucketDc, "pr:comment:added", {})).toContain("pr:comment:added");
});
