import type { Conversation } from "../../../lib/effects/notify/conversation.ts";
import { verdictOf } from "../../../lib/effects/notify/verdict.ts";
import type { ChannelOf } from "../settings.ts";
import { type Forge, idIn, listIn, statusAsGithub } from "./forge.ts";
import type { Deployment, Status } from "./report.ts";

const STATUS = {
  pending: "pending",
  success: "success",
  failure: "failure",
  error: "error",
  cancelled: "error",
} as const satisfies Record<Status["state"], string>;

const DEPLOYMENT = {
  running: "in_progress",
  success: "success",
  failure: "failure",
  cancelled: "error",
} as const satisfies Record<Deployment["state"], string>;

/** GitHub, and servers of it at home: "REST API endpoints for commit statuses", "for deployments". */
export function github({ url, api }: Pick<ChannelOf<"github">, "url" | "api">, token: string): Forge {
  const own = `${url.replace(/\/$/, "")}/api/v3`;
  const base = (api ?? (/^https:\/\/github\.com\/?$/.test(url) ? "https://api.github.com" : own)).replace(
    /\/$/,
    "",
  );
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
  };
  return {
    probe: { method: "GET", url: `${base}/rate_limit`, headers },
    status: statusAsGithub(`${base}/repos`, headers, STATUS),
    deploy: function* deploy(place, { revision, environment, rollout, state, description }): Conversation {
      const deployments = `${base}/repos/${place}/deployments`;
      const query = new URLSearchParams({ sha: revision, environment, per_page: "100" });
      // A repeat finds what it made before.
      const found = listIn(yield { method: "GET", url: `${deployments}?${query.toString()}`, headers }).find(
        ({ payload }) => isOf(payload, rollout),
      );
      const made =
        typeof found?.["id"] === "number"
          ? found["id"]
          : idIn(
              yield {
                url: deployments,
                headers,
                body: {
                  ref: revision,
                  task: "deploy",
                  auto_merge: false,
                  required_contexts: [],
                  payload: { rollout },
                  environment,
                  description,
                },
              },
            );
      if (typeof made !== "number") return made;
      return verdictOf(
        yield {
          url: `${deployments}/${made}/statuses`,
          headers,
          body: { state: DEPLOYMENT[state], description, environment },
        },
      );
    },
  };
}

/** GitHub gives back a payload as it was given, or as text. */
function isOf(payload: unknown, rollout: string): boolean {
  if (typeof payload === "string") return payload.includes(`"${rollout}"`);
  return (
    typeof payload === "object" && payload !== null && "rollout" in payload && payload.rollout === rollout
  );
}
