import type { Conversation } from "../../../lib/effects/notify/conversation.ts";
import { verdictOf } from "../../../lib/effects/notify/verdict.ts";
import type { ChannelOf } from "../settings.ts";
import { type Forge, listIn } from "./forge.ts";
import type { Deployment, Status } from "./report.ts";

const STATUS = {
  pending: "pending",
  success: "success",
  failure: "failed",
  error: "failed",
  cancelled: "canceled",
} as const satisfies Record<Status["state"], string>;

const DEPLOYMENT = {
  running: "running",
  success: "success",
  failure: "failed",
  cancelled: "canceled",
} as const satisfies Record<Deployment["state"], string>;

/** GitLab: "Commits API", "Deployments API". */
export function gitlab({ url }: Pick<ChannelOf<"gitlab">, "url">, token: string): Forge {
  const base = `${url.replace(/\/$/, "")}/api/v4`;
  const headers = { "private-token": token };
  const project = (place: string) => `${base}/projects/${encodeURIComponent(place)}`;
  return {
    probe: { method: "GET", url: `${base}/version`, headers },
    status: (place, { revision, ref, state, context, description, url: target }) => ({
      url: `${project(place)}/statuses/${revision}`,
      headers,
      body: {
        state: STATUS[state],
        name: context,
        description,
        ...(ref === undefined ? {} : { ref }),
        ...(target === undefined ? {} : { target_url: target }),
      },
    }),
    // The commit has this state already.
    taken: ({ status, body }) => status === 400 && body.includes("Cannot transition status"),
    deploy: function* deploy(place, { revision, environment, ref, isTag, state }): Conversation {
      const deployments = `${project(place)}/deployments`;
      const query = new URLSearchParams({ environment, status: "running", order_by: "id", sort: "desc" });
      const running = listIn(
        yield { method: "GET", url: `${deployments}?${query.toString()}`, headers },
      ).find(({ sha, id }) => sha === revision && typeof id === "number");
      const status = DEPLOYMENT[state];
      if (running !== undefined && state === "running") return { kind: "sent" };
      return verdictOf(
        running === undefined
          ? yield {
              url: deployments,
              headers,
              body: { environment, sha: revision, ref: ref ?? revision, tag: isTag, status },
            }
          : yield {
              method: "PUT",
              url: `${deployments}/${String(running["id"])}`,
              headers,
              body: { status },
            },
      );
    },
  };
}
