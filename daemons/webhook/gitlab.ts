import { z } from "zod";
import { byEvent, count, dateOf, fromTo, hubPush, maybe, movedBy, word } from "./facts.ts";
import type { Forge, Ignored, Told } from "./forge.ts";
import { placeOf } from "../../lib/schema/place.ts";
import { ofGitlab } from "./signatures.ts";

/** GitLab: https://docs.gitlab.com/user/project/integrations/webhook_events/ */
export const gitlab: Forge = {
  host: "gitlab.com",
  event: ["x-gitlab-event"],
  delivery: ["webhook-id", "idempotency-key", "x-gitlab-event-uuid"],
  verify: ofGitlab,
  tell: (_event, payload) => {
    // Hooks of a project, of a group and of the whole system differ in the header, and not in this.
    const { object_kind, event_name, ref } = kind.parse(payload);
    const event = object_kind ?? event_name ?? (ref === undefined ? "" : "push");
    return read(event, payload);
  },
};

const kind = z.object({ object_kind: word, event_name: word, ref: word });

const read = byEvent({
  push: told,
  tag_push: told,
  merge_request: requested,
  release: released,
  deployment: deployed,
});

const project = maybe(z.object({ path_with_namespace: word, namespace: word, name: word }));
const repository = maybe(z.object({ url: word }));

const push = hubPush.extend({
  checkout_sha: word,
  total_commits_count: count,
  user_username: word,
  user_name: word,
  project,
  repository,
});

function told(payload: unknown): Told {
  const said = push.parse(payload);
  const { checkout_sha, total_commits_count, commits, after } = said;
  const leadsTo = checkout_sha ?? after;
  const commit = commits.find(({ id }) => id === leadsTo);
  return {
    repository: said.project?.path_with_namespace ?? placeOf(said.repository?.url ?? "")?.path,
    pusher: said.user_username ?? said.user_name,
    moved: [movedBy({ ...said, after: leadsTo }, { commit, total: total_commits_count })],
    said: [],
  };
}

const side = project;

const request = z.object({
  user: maybe(z.object({ username: word, name: word })),
  project,
  object_attributes: z.object({
    iid: z.number().optional().catch(undefined),
    action: word,
    state: word,
    title: word,
    url: word,
    updated_at: word,
    source_branch: word,
    target_branch: word,
    source: side,
    target: side,
  }),
});

/** What people want to hear of a request; approvals, labels and new commits are not news. */
const WORDS: Readonly<Record<string, string>> = {
  open: "opened",
  reopen: "reopened",
  close: "closed",
  merge: "merged",
};

function requested(payload: unknown): Told | Ignored {
  const { user, project: of, object_attributes: it } = request.parse(payload);
  // Old ones have a state only.
  const done =
    it.action === undefined ? it.state : Object.hasOwn(WORDS, it.action) ? WORDS[it.action] : undefined;
  if (done === undefined) return { ignored: `a merge request with the action ${it.action} is no news` };
  const { target } = it;
  const named = [target?.namespace, target?.name].filter(Boolean).join("/");
  const by = user?.username ?? user?.name;
  const from = fromTo(it.source_branch, it.target_branch);
  return {
    repository: of?.path_with_namespace ?? target?.path_with_namespace ?? (named === "" ? undefined : named),
    at: dateOf(it.updated_at),
    moved: [],
    said: [
      `merge request ${it.iid ?? "?"} ${done}${by === undefined ? "" : ` by ${by}`}: ${it.title ?? ""}${from} ${it.url ?? ""}`,
    ],
  };
}

const release = z.object({
  action: word,
  tag: word,
  name: word,
  url: word,
  released_at: word,
  project,
});

function released(payload: unknown): Told | Ignored {
  const { action, tag, name, url, released_at, project: of } = release.parse(payload);
  if (action !== "create") return { ignored: `a release is told of when it is made, not at ${action}` };
  const called = name === undefined || name === tag ? "" : ` “${name}”`;
  return {
    repository: of?.path_with_namespace,
    at: dateOf(released_at),
    moved: [],
    said: [`release ${tag ?? "?"}${called} published ${url ?? ""}`],
  };
}

const deployment = z.object({
  status: word,
  status_changed_at: word,
  environment: word,
  ref: word,
  short_sha: word,
  user: maybe(z.object({ username: word })),
  deployable_url: word,
  project,
});

function deployed(payload: unknown): Told {
  const it = deployment.parse(payload);
  const by = it.user?.username === undefined ? "" : ` by ${it.user.username}`;
  return {
    repository: it.project?.path_with_namespace,
    at: dateOf(it.status_changed_at),
    moved: [],
    said: [
      `deployment of ${it.ref ?? it.short_sha ?? "?"} to ${it.environment ?? "?"}${by}: ${it.status ?? "?"} ${it.deployable_url ?? ""}`,
    ],
  };
}
