import { z } from "zod";
import { byEvent, NOWHERE, toldTwice, word } from "./facts.ts";
import type { Forge, Ignored, Told } from "./forge.ts";
import { hubRepository, released, requested, told } from "./github.ts";
import { hmacIn } from "./signatures.ts";

/**
 * Gitea, Forgejo and Gogs, whose payloads are much like GitHub's: https://docs.gitea.com/usage/webhooks. They send GitHub's
 * headers, too.
 */
export const gitea: Forge = {
  host: undefined,
  event: ["x-forgejo-event", "x-gitea-event", "x-gogs-event"],
  delivery: ["x-forgejo-delivery", "x-gitea-delivery", "x-gogs-delivery"],
  verify: hmacIn(["x-forgejo-signature", "x-gitea-signature", "x-gogs-signature"]),
  tell: byEvent({
    push: told,
    create: toldTwice,
    delete: deleted,
    pull_request: requested,
    release: released,
  }),
};

const deletion = z.object({
  ref: z.string(),
  ref_type: z.string(),
  repository: hubRepository,
  sender: z.object({ login: word }).optional().catch(undefined),
});

/** Of a branch that goes, no push tells; and this does not say where the branch was. */
function deleted(payload: unknown): Told | Ignored {
  const { ref, ref_type, repository, sender } = deletion.parse(payload);
  if (ref_type !== "branch") return toldTwice();
  const full = ref.startsWith("refs/heads/") ? ref : `refs/heads/${ref}`;
  return {
    repository: repository?.name,
    pusher: sender?.login,
    moved: [{ ref: full, before: NOWHERE, after: NOWHERE, forced: false, commits: [], total: 0 }],
    said: [],
  };
}
