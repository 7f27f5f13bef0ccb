import examples from "@octokit/webhooks-examples" with { type: "json" };
import { revisionOf } from "../../support/builders.ts";

/** Payloads that GitHub sent, by event. */
export const ofGithub = (event: string): readonly Record<string, unknown>[] =>
  (
    examples as unknown as readonly {
      readonly name: string;
      readonly examples: readonly Record<string, unknown>[];
    }[]
  ).find(({ name }) => name === event)?.examples ?? [];

export const NONE = "0".repeat(40);
export const [ONE, TWO, THREE] = [revisionOf("1"), revisionOf("2"), revisionOf("3")] as const;

const ada = { name: "Ada", email: "ada@example.com", username: "ada" };
const hubCommit = (id: string, message: string) => ({
  id,
  message,
  timestamp: "2026-11-20T12:00:00+01:00",
  url: `https://git.example.com/acme/shop/commit/${id}`,
  author: ada,
  committer: ada,
  added: ["a"],
  removed: [],
  modified: [],
});

/** An ordinary push, as GitHub documents it: the oldest commit first. */
export const githubPush = (changes: Readonly<Record<string, unknown>> = {}) => ({
  ref: "refs/heads/main",
  before: ONE,
  after: THREE,
  created: false,
  deleted: false,
  forced: false,
  base_ref: null,
  compare: "https://github.com/acme/shop/compare/1...3",
  commits: [hubCommit(TWO, "first"), hubCommit(THREE, "second\n\nrepo: payroll")],
  head_commit: hubCommit(THREE, "second\n\nrepo: payroll"),
  repository: {
    id: 1,
    name: "shop",
    full_name: "acme/shop",
    owner: { name: "acme", login: "acme" },
    clone_url: "https://github.com/acme/shop.git",
    pushed_at: 1_795_687_200,
  },
  pusher: { name: "ada", email: "ada@example.com" },
  sender: { login: "ada" },
  ...changes,
});

/** An ordinary push, as Gitea documents it: the newest commit first. */
export const giteaPush = (changes: Readonly<Record<string, unknown>> = {}) => ({
  ref: "refs/heads/main",
  before: ONE,
  after: THREE,
  compare_url: "https://git.example.com/acme/shop/compare/1...3",
  commits: [hubCommit(THREE, "second\n"), hubCommit(TWO, "first\n")],
  total_commits: 2,
  head_commit: hubCommit(THREE, "second\n"),
  repository: {
    id: 61,
    name: "shop",
    full_name: "acme/shop",
    owner: { id: 25, login: "acme", username: "acme" },
    ssh_url: "git@git.example.com:acme/shop.git",
    clone_url: "https://git.example.com/acme/shop.git",
    updated_at: "2026-11-20T10:00:00Z",
  },
  pusher: { id: 1, login: "ada", username: "ada" },
  sender: { id: 1, login: "ada", username: "ada" },
  ...changes,
});

const gitlabProject = {
  id: 15,
  name: "Shop",
  namespace: "Acme",
  path_with_namespace: "acme/web/shop",
  git_ssh_url: "git@gitlab.com:acme/web/shop.git",
  git_http_url: "https://gitlab.com/acme/web/shop.git",
  default_branch: "main",
};

/** An ordinary push, as GitLab documents it: the oldest commit first. */
export const gitlabPush = (changes: Readonly<Record<string, unknown>> = {}) => ({
  object_kind: "push",
  event_name: "push",
  before: ONE,
  after: THREE,
  ref: "refs/heads/main",
  checkout_sha: THREE,
  user_id: 4,
  user_name: "Ada Lovelace",
  user_username: "ada",
  project_id: 15,
  project: gitlabProject,
  commits: [hubCommit(TWO, "first"), hubCommit(THREE, "second")],
  total_commits_count: 2,
  push_options: {},
  repository: { name: "Shop", url: "git@gitlab.com:acme/web/shop.git" },
  ...changes,
});

export const gitlabMergeRequest = (attributes: Readonly<Record<string, unknown>> = {}) => ({
  object_kind: "merge_request",
  event_type: "merge_request",
  user: { id: 1, name: "Ada Lovelace", username: "ada" },
  project: gitlabProject,
  object_attributes: {
    iid: 7,
    title: "Faster",
    state: "opened",
    action: "open",
    source_branch: "fast",
    target_branch: "main",
    updated_at: "2026-11-20 10:00:00 UTC",
    url: "https://gitlab.com/acme/web/shop/-/merge_requests/7",
    ...attributes,
  },
});

const bitbucketTarget = (hash: string, message: string) => ({
  type: "commit",
  hash,
  date: "2026-11-20T11:00:00+00:00",
  message,
  author: { type: "author", raw: "Ada Lovelace <ada@example.com>" },
});
const bitbucketBranch = (hash: string, name = "main", type = "branch") => ({
  type,
  name,
  target: bitbucketTarget(hash, "second\n"),
});

/** One change of a push to Bitbucket Cloud, as it documents it: no refs/ before the name, the newest commit first. */
export const bitbucketChange = (changes: Readonly<Record<string, unknown>> = {}) => ({
  old: bitbucketBranch(ONE),
  new: bitbucketBranch(THREE),
  created: false,
  closed: false,
  forced: false,
  truncated: false,
  commits: [bitbucketTarget(THREE, "second\n"), bitbucketTarget(TWO, "first\n")],
  ...changes,
});
export const bitbucketPush = (...changes: readonly unknown[]) => ({
  actor: { type: "user", display_name: "Ada Lovelace", nickname: "ada" },
  repository: { type: "repository", name: "shop", full_name: "acme/shop" },
  push: { changes: changes.length === 0 ? [bitbucketChange()] : changes },
});
export { bitbucketBranch };

/** A push of one ref to Bitbucket Data Center, as it documents it. */
export const bitbucketDcPush = (changes: Readonly<Record<string, unknown>> = {}) => ({
  eventKey: "repo:refs_changed",
  date: "2026-11-20T09:45:32+1000",
  actor: { name: "ada", emailAddress: "ada@example.com", id: 1, displayName: "Ada Lovelace", slug: "ada" },
  repository: { slug: "shop", id: 84, name: "Shop", project: { key: "ACME", id: 84, name: "Acme" } },
  changes: [dcChange("refs/heads/main", ONE, THREE, "UPDATE")],
  commits: [dcCommit(THREE, "second"), dcCommit(TWO, "first")],
  toCommit: dcCommit(THREE, "second"),
  ...changes,
});
export const dcChange = (id: string, fromHash: string, toHash: string, type: string) => ({
  ref: { id, displayId: id.replace(/^refs\/[a-z]+\//, ""), type: id.includes("/tags/") ? "TAG" : "BRANCH" },
  refId: id,
  fromHash,
  toHash,
  type,
});
export const dcCommit = (id: string, message: string) => ({
  id,
  displayId: id.slice(0, 11),
  message,
  author: { name: "Ada Lovelace", emailAddress: "ada@example.com" },
  authorTimestamp: 1_795_687_200_000,
  committer: { name: "Ada Lovelace", emailAddress: "ada@example.com" },
  committerTimestamp: 1_795_687_200_000,
});
