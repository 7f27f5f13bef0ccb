import { isNoRevision, isOfSvn, anyRevision } from "../../../lib/schema/names.ts";
import { cleanLine, shortened } from "../clean.ts";
import { type Notice, titleOf } from "../notice.ts";
import type { ForgeChannel } from "../settings.ts";

/** The state of a commit, as every forge has it in words of its own. */
export interface Status {
  readonly revision: string;
  /** The short name of the branch or tag, where it is known. */
  readonly ref: string | undefined;
  readonly state: "pending" | "success" | "failure" | "error" | "cancelled";
  readonly context: string;
  readonly description: string;
  readonly url: string | undefined;
}

/** A rollout, as forges that know of deployments have it. */
export interface Deployment extends Pick<Status, "revision" | "ref" | "description"> {
  readonly environment: string;
  readonly rollout: string;
  readonly isTag: boolean;
  readonly state: "running" | "success" | "failure" | "cancelled";
}

/** What a forge is told of a notice. */
export interface Report {
  readonly status?: Status;
  readonly deployment?: Deployment;
}

const STATES: Readonly<Record<string, Status["state"]>> = {
  passed: "success",
  succeeded: "success",
  failed: "failure",
  "rolled-back": "failure",
  refused: "error",
  errored: "error",
  cancelled: "cancelled",
};

/** The most that GitHub takes of a description; nobody shows more. */
const MOST_DESCRIPTION = 140;

/** What there is to tell a forge of a notice; nothing where it is about no commit of git, or not wanted. */
export function reportOf(notice: Notice, channel: ForgeChannel): Report {
  const { type, about } = notice;
  const revision = anyRevision.safeParse(about.revision).data;
  if (revision === undefined || isOfSvn(revision) || isNoRevision(revision)) return {};
  const common = {
    revision,
    ref: about.ref?.replace(/^refs\/(heads|tags)\//, ""),
    description: shortened(cleanLine(titleOf(notice)), MOST_DESCRIPTION),
  };
  const ended = STATES[about.outcome ?? ""] ?? "error";
  if (type === "build.started" || type === "build.finished") {
    const state = type === "build.started" ? "pending" : ended;
    return { status: { ...common, state, context: channel.context, url: webUrl(about.url) } };
  }
  const { app, environment, rollout } = about;
  if (!type.startsWith("rollout.") || environment === undefined || rollout === undefined) return {};
  const started = type === "rollout.started";
  // Several apps of one repository each have a place of their own.
  const place =
    app === undefined || app === about.repository?.split("/").pop() ? environment : `${environment}/${app}`;
  return {
    ...(channel["deploy-status"]
      ? {
          status: {
            ...common,
            state: started ? "pending" : ended,
            context: `${channel.context}/deploy/${place}`,
            url: undefined,
          },
        }
      : {}),
    ...("deployments" in channel && channel.deployments
      ? {
          deployment: {
            ...common,
            environment: place,
            rollout,
            isTag: about.ref?.startsWith("refs/tags/") === true,
            state: started
              ? "running"
              : ended === "error"
                ? "failure"
                : ended === "pending"
                  ? "running"
                  : ended,
          },
        }
      : {}),
  };
}

/** An address that a browser may be sent to; messages may say anything. */
export function webUrl(url: string | undefined): string | undefined {
  if (url === undefined || url.length > 2_000 || !URL.canParse(url)) return undefined;
  const { protocol, href, username, password } = new URL(url);
  return /^https?:$/.test(protocol) && username === "" && password === "" ? href : undefined;
}
