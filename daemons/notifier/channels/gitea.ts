import type { ChannelOf } from "../settings.ts";
import { type Forge, statusAsGithub } from "./forge.ts";
import type { Status } from "./report.ts";

const STATUS = {
  pending: "pending",
  success: "success",
  failure: "failure",
  error: "error",
  cancelled: "warning",
} as const satisfies Record<Status["state"], string>;

/** Gitea and Forgejo. */
export function gitea({ url }: Pick<ChannelOf<"gitea">, "url">, token: string): Forge {
  const base = `${url.replace(/\/$/, "")}/api/v1`;
  const headers = { authorization: `token ${token}` };
  return {
    probe: { method: "GET", url: `${base}/user`, headers },
    status: statusAsGithub(`${base}/repos`, headers, STATUS),
  };
}
