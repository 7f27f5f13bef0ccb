import type { Asked } from "../../lib/effects/http-server.ts";
import { bitbucketDc } from "./bitbucket-dc.ts";
import { bitbucket } from "./bitbucket.ts";
import type { Forge } from "./forge.ts";
import { gitea } from "./gitea.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";

export const FORGES = {
  github,
  gitlab,
  gitea,
  bitbucket,
  "bitbucket-dc": bitbucketDc,
} as const satisfies Record<string, Forge>;
export type ForgeName = keyof typeof FORGES;

/** Whose headers a request has. Gitea sends GitHub's beside its own. */
export function senderOf({ headers }: Pick<Asked, "headers">): ForgeName | undefined {
  const has = (names: readonly string[]): boolean => names.some((name) => headers[name] !== undefined);
  if (has(gitea.event)) return "gitea";
  if (has(gitlab.event)) return "gitlab";
  if (has(github.event)) return "github";
  if (!has(bitbucket.event)) return undefined;
  return has(["x-hook-uuid", "x-request-uuid"]) ? "bitbucket" : "bitbucket-dc";
}
