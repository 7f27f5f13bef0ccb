import { z } from "zod";
import {
  byEvent,
  count,
  dateOf,
  flag,
  fromTo,
  hubPush,
  maybe,
  movedBy,
  pinged,
  toldTwice,
  word,
} from "./facts.ts";
import type { Forge, Ignored, Told } from "./forge.ts";
import { hmacIn } from "./signatures.ts";

/** GitHub, and GitHub Enterprise: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const github: Forge = {
  host: "github.com",
  event: ["x-github-event"],
  delivery: ["x-github-delivery"],
  verify: hmacIn(["x-hub-signature-256"], "sha256="),
  tell: byEvent({
    ping: pinged,
    push: told,
    create: toldTwice,
    delete: toldTwice,
    pull_request: requested,
    release: released,
    deployment: wanted,
  }),
};

/** What the payloads of GitHub and of those who took over its form have of a repository. */
export const hubRepository = maybe(
  z
    .object({
      full_name: word,
      name: word,
      owner: maybe(z.object({ login: word, name: word })),
      pushed_at: z.number().optional().catch(undefined),
    })
    .transform(({ full_name, name, owner, pushed_at }) => ({
      name: full_name ?? [owner?.login ?? owner?.name, name].filter(Boolean).join("/"),
      // In seconds here, though a text elsewhere in its own API.
      pushed: dateOf(pushed_at === undefined ? undefined : pushed_at * 1_000),
    })),
);

const someone = maybe(z.object({ login: word, name: word, username: word }));

const push = hubPush.extend({
  forced: flag,
  total_commits: count,
  repository: hubRepository,
  pusher: someone,
  sender: someone,
});

/** A push, as GitHub and those who took over its form tell of it. */
export function told(payload: unknown): Told {
  const { repository, pusher, sender, forced, head_commit, total_commits, ...said } = push.parse(payload);
  return {
    repository: repository?.name,
    at: repository?.pushed,
    pusher: pusher?.login ?? pusher?.name ?? pusher?.username ?? sender?.login,
    moved: [movedBy(said, { commit: head_commit, forced, total: total_commits })],
    said: [],
  };
}

const branch = maybe(z.object({ ref: word }));

const request = z.object({
  action: z.string(),
  number: z.number().optional().catch(undefined),
  pull_request: z.object({
    title: word,
    merged: flag,
    updated_at: word,
    head: branch,
    base: branch,
    html_url: word,
  }),
  repository: hubRepository,
  sender: someone,
});

/** What people want to hear of a request; labels, assignments and new commits are not news. */
const WORDS: Readonly<Record<string, string>> = {
  opened: "opened",
  reopened: "reopened",
  closed: "closed",
  ready_for_review: "ready for review",
};

/** A pull request, as GitHub and those who took over its form tell of it. */
export function requested(payload: unknown): Told | Ignored {
  const { action, number, pull_request, repository, sender } = request.parse(payload);
  const { title = "", merged, head, base, html_url, updated_at } = pull_request;
  if (!Object.hasOwn(WORDS, action)) return { ignored: `a pull request that is ${action} is no news` };
  const done = action === "closed" && merged ? "merged" : WORDS[action];
  const by = sender?.login === undefined ? "" : ` by ${sender.login}`;
  return {
    repository: repository?.name,
    at: dateOf(updated_at),
    moved: [],
    said: [
      `pull request ${number ?? "?"} ${done}${by}: ${title}${fromTo(head?.ref, base?.ref)} ${html_url ?? ""}`,
    ],
  };
}

const release = z.object({
  action: z.string(),
  release: z.object({
    tag_name: word,
    name: word,
    html_url: word,
    published_at: word,
    author: someone,
    prerelease: flag,
  }),
  repository: hubRepository,
});

/** A release, as GitHub and those who took over its form tell of it. */
export function released(payload: unknown): Told | Ignored {
  const { action, release: it, repository } = release.parse(payload);
  // Created, edited and released come beside it, for the same release.
  if (action !== "published") return { ignored: `a release is told of when it is published, not ${action}` };
  const by = it.author?.login === undefined ? "" : ` by ${it.author.login}`;
  const called = it.name === undefined || it.name === it.tag_name ? "" : ` “${it.name}”`;
  return {
    repository: repository?.name,
    at: dateOf(it.published_at),
    moved: [],
    said: [
      `${it.prerelease ? "pre-release" : "release"} ${it.tag_name ?? "?"}${called} published${by} ${it.html_url ?? ""}`,
    ],
  };
}

const deployment = z.object({
  deployment: z.object({
    ref: word,
    sha: word,
    environment: word,
    description: word,
    created_at: word,
    creator: someone,
  }),
  repository: hubRepository,
});

function wanted(payload: unknown): Told {
  const { deployment: it, repository } = deployment.parse(payload);
  const by = it.creator?.login === undefined ? "" : ` by ${it.creator.login}`;
  const why = it.description === undefined || it.description === "" ? "" : `: ${it.description}`;
  return {
    repository: repository?.name,
    at: dateOf(it.created_at),
    moved: [],
    said: [
      `deployment of ${it.ref ?? it.sha ?? "?"} to ${it.environment ?? "?"} requested${by}${why} (Skein deploys by signed requests only)`,
    ],
  };
}
