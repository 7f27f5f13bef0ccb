import { z } from "zod";
import { byEvent, dateOf, fromTo, list, maybe, movedBy, pinged, word } from "./facts.ts";
import type { Forge, Told, ToldCommit } from "./forge.ts";
import { hmacIn } from "./signatures.ts";

/** Bitbucket Data Center: https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html */
export const bitbucketDc: Forge = {
  host: undefined,
  event: ["x-event-key"],
  delivery: ["x-request-id"],
  verify: hmacIn(["x-hub-signature"], "sha256="),
  tell: byEvent({
    "diagnostics:ping": pinged,
    "repo:refs_changed": told,
    "pr:opened": (payload) => requested(payload, "opened"),
    "pr:merged": (payload) => requested(payload, "merged"),
    "pr:declined": (payload) => requested(payload, "declined"),
  }),
};

const repository = maybe(
  z
    .object({ slug: z.string(), project: z.object({ key: z.string() }) })
    .transform(({ slug, project }) => `${project.key}/${slug}`),
);
const actor = maybe(z.object({ name: word, displayName: word }));
const stamp = z.number().optional().catch(undefined);

const commit = z
  .object({
    id: z.string(),
    message: word,
    authorTimestamp: stamp,
    author: maybe(z.object({ name: word, emailAddress: word })),
  })
  .transform(({ id, message, authorTimestamp, author }): ToldCommit => ({
    id,
    author: { name: author?.name ?? "", email: author?.emailAddress ?? "" },
    at: dateOf(authorTimestamp),
    message: message ?? "",
  }));

const push = z.object({
  date: word,
  actor,
  repository,
  changes: z.array(z.object({ ref: z.object({ id: z.string() }), fromHash: z.string(), toHash: z.string() })),
  // Of the only change, and from version 7.14 on.
  commits: list(commit),
  toCommit: maybe(commit),
});

function told(payload: unknown): Told {
  const { date, actor: by, repository: of, changes, commits, toCommit } = push.parse(payload);
  const alone = changes.length === 1;
  return {
    repository: of,
    at: dateOf(date),
    pusher: by?.name ?? by?.displayName,
    moved: changes.map(({ ref, fromHash, toHash }) =>
      movedBy(
        { ref: ref.id, before: fromHash, after: toHash, commits: alone ? commits : [] },
        { commit: alone ? toCommit : undefined },
      ),
    ),
    said: [],
  };
}

const side = maybe(z.object({ displayId: word, repository }));

const request = z.object({
  date: word,
  actor,
  pullRequest: z.object({
    id: z.number().optional().catch(undefined),
    title: word,
    fromRef: side,
    toRef: side,
  }),
});

function requested(payload: unknown, done: string): Told {
  const { date, actor: by, pullRequest: it } = request.parse(payload);
  const name = by?.name ?? by?.displayName;
  const from = fromTo(it.fromRef?.displayId, it.toRef?.displayId);
  return {
    repository: it.toRef?.repository,
    at: dateOf(date),
    moved: [],
    said: [
      `pull request ${it.id ?? "?"} ${done}${name === undefined ? "" : ` by ${name}`}: ${it.title ?? ""}${from}`,
    ],
  };
}
