import { createHash } from "node:crypto";
import type { ChannelOf } from "../settings.ts";
import type { Forge } from "./forge.ts";
import type { Status } from "./report.ts";

const CLOUD = {
  pending: "INPROGRESS",
  success: "SUCCESSFUL",
  failure: "FAILED",
  error: "FAILED",
  cancelled: "STOPPED",
} as const satisfies Record<Status["state"], string>;

/** Data Center has no state for what was stopped. */
const DATA_CENTER = { ...CLOUD, cancelled: "FAILED" } as const;

const MOST_KEY = 40;

/** What tells one status of a commit from another: at most 40 characters. */
export function keyOf(context: string): string {
  if (context.length <= MOST_KEY) return context;
  const digest = createHash("sha256").update(context).digest("hex").slice(0, 8);
  return `${context.slice(0, MOST_KEY - 9)}-${digest}`;
}

/** Bitbucket Cloud. */
export function bitbucket(
  { url, api, user }: Pick<ChannelOf<"bitbucket">, "url" | "api" | "user">,
  token: string,
): Forge {
  const base = `${api.replace(/\/$/, "")}/2.0`;
  const headers = {
    authorization:
      user === undefined ? `Bearer ${token}` : `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`,
  };
  return {
    probe: { method: "GET", url: `${base}/user`, headers },
    status: (place, { revision, ref, state, context, description, url: target }) => ({
      url: `${base}/repositories/${place}/commit/${revision}/statuses/build`,
      headers,
      body: {
        key: keyOf(context),
        name: context,
        state: CLOUD[state],
        description,
        // It must have one.
        url: target ?? `${url.replace(/\/$/, "")}/${place}`,
        ...(ref === undefined ? {} : { refname: ref }),
      },
    }),
  };
}

/** Bitbucket Data Center, where a commit is known by its id alone. */
export function bitbucketDc({ url }: Pick<ChannelOf<"bitbucket-dc">, "url">, token: string): Forge {
  const base = url.replace(/\/$/, "");
  const headers = { authorization: `Bearer ${token}` };
  return {
    probe: { method: "GET", url: `${base}/rest/api/1.0/users?limit=1`, headers },
    status: (_place, { revision, state, context, description, url: target }) => ({
      url: `${base}/rest/build-status/1.0/commits/${revision}`,
      headers,
      body: {
        key: keyOf(context),
        name: context,
        state: DATA_CENTER[state],
        description,
        url: target ?? base,
      },
    }),
  };
}
