import { z } from "zod";
import { byEvent, dateOf, flag, fromTo, list, maybe, NOWHERE, word } from "./facts.ts";
import type { Forge, Moved, Told, ToldCommit } from "./forge.ts";
import { hmacIn } from "./signatures.ts";

/** Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/ */
export const bitbucket: Forge = {
  host: "bitbucket.org",
  event: ["x-event-key"],
  delivery: ["x-request-uuid"],
  verify: hmacIn(["x-hub-signature"], "sha256="),
  tell: byEvent({
    "repo:push": told,
    "pullrequest:created": (payload) => requested(payload, "opened"),
    "pullrequest:fulfilled": (payload) => requested(payload, "merged"),
    "pullrequest:rejected": (payload) => requested(payload, "declined"),
  }),
};

const repository = maybe(z.object({ full_name: word }));
const actor = maybe(z.object({ nickname: word, username: word, display_name: word }));

const commit = z
  .object({
    hash: z.string(),
    message: word,
    date: word,
    author: maybe(z.object({ raw: word, user: maybe(z.object({ display_name: word })) })),
  })
  .transform(({ hash, message, date, author }): ToldCommit => {
    const [, name, email] = /^([^<]*)<([^<>]*)>$/.exec(author?.raw ?? "") ?? [];
    return {
      id: hash,
      author: { name: name?.trim() ?? author?.user?.display_name ?? author?.raw ?? "", email: email ?? "" },
      at: dateOf(date),
      message: message ?? "",
    };
  });

/** Of an annotated tag, the target is the commit that it leads to. */
const end = z
  .object({ type: z.string(), name: z.string(), target: z.object({ hash: z.string() }).and(maybe(commit)) })
  .nullish();

const push = z.object({
  actor,
  repository,
  push: z.object({
    changes: z.array(z.object({ old: end, new: end, forced: flag, commits: list(commit) })),
  }),
});

function told(payload: unknown): Told {
  const said = push.parse(payload);
  return {
    repository: said.repository?.full_name,
    pusher: nameOf(said.actor),
    moved: said.push.changes.flatMap((change) => moved(change)),
    said: [],
  };
}

const nameOf = (by: z.infer<typeof actor>): string | undefined =>
  by?.nickname ?? by?.username ?? by?.display_name;

/** What counts is where a ref was and is: `created` and `closed` may both be true. */
function moved(change: z.infer<typeof push>["push"]["changes"][number]): Moved[] {
  const { old: before, new: after, forced, commits } = change;
  const named = after ?? before;
  // There are bookmarks and the like, too.
  const folder = named?.type === "tag" ? "tags" : named?.type === "branch" ? "heads" : undefined;
  if (named === null || named === undefined || folder === undefined) return [];
  const isTag = folder === "tags";
  const target = after?.target;
  const tagged = target !== undefined && "id" in target ? [target as ToldCommit] : [];
  const brought = isTag ? tagged : commits;
  return [
    {
      ref: `refs/${folder}/${named.name}`,
      before: before?.target.hash ?? NOWHERE,
      after: target?.hash ?? NOWHERE,
      forced: forced && !isTag,
      commits: target === undefined ? [] : brought,
      // It lists five, and says `truncated` of the others, but not how many.
      total: target === undefined ? 0 : isTag ? 1 : commits.length,
    },
  ];
}

const side = maybe(z.object({ branch: maybe(z.object({ name: word })) }));

const request = z.object({
  actor,
  repository,
  pullrequest: z.object({
    id: z.number().optional().catch(undefined),
    title: word,
    updated_on: word,
    source: side,
    destination: side,
    links: maybe(z.object({ html: maybe(z.object({ href: word })) })),
  }),
});

function requested(payload: unknown, done: string): Told {
  const { actor: by, repository: of, pullrequest: it } = request.parse(payload);
  const name = nameOf(by);
  const from = fromTo(it.source?.branch?.name, it.destination?.branch?.name);
  return {
    repository: of?.full_name,
    at: dateOf(it.updated_on),
    moved: [],
    said: [
      `pull request ${it.id ?? "?"} ${done}${name === undefined ? "" : ` by ${name}`}: ${it.title ?? ""}${from} ${it.links?.html?.href ?? ""}`,
    ],
  };
}
