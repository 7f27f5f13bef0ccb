import { expect, test } from "vitest";
import { github } from "../../../daemons/webhook/github.ts";
import { githubPush, NONE, ofGithub, ONE, THREE, TWO } from "./payloads.ts";
import { linesOf, pushOf, SEEN, whyIgnored } from "./reading.ts";

const push = (payload: unknown) => pushOf(github, "push", payload);

test("a push tells of its commits, the newest first, of who pushed, and when", () => {
  expect(push(githubPush())).toEqual({
    repository: "shop",
    ref: "refs/heads/main",
    before: ONE,
    after: THREE,
    change: "updated",
    pusher: "ada",
    at: "2026-11-26T10:00:00.000Z",
    commits: [
      {
        revision: THREE,
        author: { name: "Ada", email: "ada@example.com" },
        at: "2026-11-20T11:00:00.000Z",
        message: "second\n\nrepo: payroll",
      },
      {
        revision: TWO,
        author: { name: "Ada", email: "ada@example.com" },
        at: "2026-11-20T11:00:00.000Z",
        message: "first",
      },
    ],
    total: 2,
  });
});

test("the pushes that GitHub gives as examples create a branch and a tag, and delete a tag", () => {
  const said = ofGithub("push").map((payload) => push(payload));
  const found = said.map(({ ref, change, commits, total }) => [ref, change, commits.length, total]);
  expect(new Set(found.map((each) => each.join(" ")))).toEqual(
    new Set([
      "refs/tags/simple-tag created 1 1",
      "refs/tags/simple-tag deleted 0 0",
      "refs/heads/master created 1 1",
    ]),
  );
  expect(said).toHaveLength(7);
  expect(github.tell("push", ofGithub("push")[0])).toMatchObject({ repository: "Codertocat/Hello-World" });
});

test("an annotated tag leads to its commit, and not to the object that it is", () => {
  const tag = githubPush({ ref: "refs/tags/v1", before: NONE, after: TWO, created: true, commits: [] });
  expect(push(tag)).toMatchObject({
    ref: "refs/tags/v1",
    after: THREE,
    change: "created",
    commits: [{ revision: THREE }],
    total: 1,
  });
});

test("a forced push, and a deletion", () => {
  expect(push(githubPush({ forced: true })).change).toBe("forced");
  const deleted = githubPush({ after: NONE, deleted: true, commits: [], head_commit: null });
  expect(push(deleted)).toMatchObject({ before: ONE, after: NONE, change: "deleted", commits: [], total: 0 });
});

test("what is missing or of another kind is done without", () => {
  const { ref, before, after, repository } = githubPush();
  expect(push({ ref, before, after, repository })).toMatchObject({
    change: "updated",
    commits: [],
    total: 0,
  });
  const odd = githubPush({
    pusher: 7,
    sender: null,
    commits: [
      null,
      "a commit",
      { id: 7 },
      { id: TWO, message: null, timestamp: "yesterday", author: { name: "Ada", email: null } },
      { id: THREE, message: "x".repeat(10_000), timestamp: "3170843-11-07T00:00:00Z", author: null },
    ],
    repository: { full_name: "acme/shop", pushed_at: "soon" },
  });
  const said = push(odd);
  expect(said.pusher).toBeUndefined();
  expect(said.at).toBe(SEEN.toISOString());
  expect(said.commits).toEqual([
    { revision: THREE, author: { name: "", email: "" }, at: SEEN.toISOString(), message: "x".repeat(4_096) },
    { revision: TWO, author: { name: "Ada", email: "" }, at: SEEN.toISOString(), message: "" },
  ]);
});

test("a message of a million empty lines costs no time", () => {
  const message = `first${"\n".repeat(1_000_000)}x${" ".repeat(1_000_000)}`;
  const began = Date.now();
  const said = push(githubPush({ commits: [{ id: THREE, message }] }));
  expect(said.commits[0]?.message).toHaveLength(4_096);
  expect(Date.now() - began).toBeLessThan(2_000);
});

test("of two thousand commits the newest hundred are listed, and all are counted", () => {
  const ids = Array.from({ length: 2_048 }, (_none, index) => (index + 1).toString(16).padStart(40, "0"));
  const said = push(githubPush({ after: ids.at(-1), commits: ids.map((id) => ({ id, message: id })) }));
  expect(said.total).toBe(2_048);
  expect(said.commits).toHaveLength(100);
  expect(said.commits[0]?.revision).toBe(ids.at(-1));
});

test.each([
  "-x",
  "--upload-pack=touch P",
  ";touch P",
  "$(id)",
  "a\nb",
  "\u202egnp",
  "..",
  "a.lock",
  "ä",
  ONE,
  "",
])("a branch called %j is said to people, in one harmless line, and not announced", (name) => {
  const [line, ...others] = linesOf(github, "push", githubPush({ ref: `refs/heads/${name}` }));
  expect(others).toEqual([]);
  expect(line).toContain("is not announced");
  expect(line).not.toMatch(/[\n\u202e]/);
});

test("a ref that leads to what is no revision is not announced", () => {
  expect(linesOf(github, "push", githubPush({ after: "HEAD" }))).toEqual([
    "[shop] refs/heads/main is not announced: what it was or is must be a full object id of 40 or 64 hexadecimal digits",
  ]);
});

test("pull requests are told of when they open, close or are merged, and not for each label", () => {
  const lines = new Set<string>();
  const ignored = new Set<string>();
  for (const payload of ofGithub("pull_request")) {
    const told = github.tell("pull_request", payload);
    if ("ignored" in told) ignored.add(String(payload["action"]));
    else for (const line of linesOf(github, "pull_request", payload)) lines.add(line);
  }
  expect([...lines].filter((line) => line.startsWith("[shop] pull request 2 "))).toEqual([
    "[shop] pull request 2 opened by Codertocat: Update the README with new information. (changes → master) https://github.com/Codertocat/Hello-World/pull/2",
    "[shop] pull request 2 closed by Codertocat: Update the README with new information. (changes → master) https://github.com/Codertocat/Hello-World/pull/2",
    "[shop] pull request 2 ready for review by Codertocat: Update the README with new information. (changes → master) https://github.com/Codertocat/Hello-World/pull/2",
    "[shop] pull request 2 reopened by Codertocat: Update the README with new information. (changes → master) https://github.com/Codertocat/Hello-World/pull/2",
  ]);
  expect([...ignored]).toEqual(expect.arrayContaining(["labeled", "assigned", "locked", "synchronize"]));
  const [closed] = ofGithub("pull_request").filter(({ action }) => action === "closed");
  const merged = { ...closed, pull_request: { ...(closed?.["pull_request"] as object), merged: true } };
  expect(linesOf(github, "pull_request", merged)[0]).toContain(" merged by ");
});

test("a release is told of once, when it is published", () => {
  const published = ofGithub("release").filter(({ action }) => action === "published");
  expect(published.length).toBeGreaterThan(0);
  expect(linesOf(github, "release", published[0])).toEqual([
    "[shop] release 0.0.1 published by Codertocat https://github.com/Codertocat/Hello-World/releases/tag/0.0.1",
  ]);
  for (const payload of ofGithub("release").filter(({ action }) => action !== "published"))
    expect(whyIgnored(github, "release", payload)).toContain("when it is published");
});

test("a deployment that is asked for at GitHub is said to people: it deploys nothing", () => {
  const lines = ofGithub("deployment").flatMap((payload) => linesOf(github, "deployment", payload));
  expect(lines[0]).toBe(
    "[shop] deployment of master to production requested by Codertocat (Skein deploys by signed requests only)",
  );
});

test("every other event that GitHub has is ignored with a word", () => {
  const TOLD = ["push", "pull_request", "release", "deployment"];
  const others = ["ping", "create", "delete", "issues", "status", "star", "member", "constructor", ""];
  for (const event of others) {
    expect(TOLD).not.toContain(event);
    for (const payload of [...ofGithub(event), {}])
      expect(whyIgnored(github, event, payload)).not.toBe("it is not");
  }
});
