import { type Message, message } from "../lib/messages/catalogue.ts";
import type { HostName } from "../lib/schema/names.ts";
import { type Deploy, stateOf } from "./record.ts";

/** What is known of a deploy: the answer to a repeat, word for word as it was given before. */
export function answerOf(deploy: Deploy, host: HostName): Message {
  const { request, accepted: at, prepared, finished } = deploy;
  const state = stateOf(deploy);
  if (state === "over" && finished !== undefined) return message("deploy.finished", finished);
  if (state === "waiting" && prepared !== undefined) return message("deploy.prepared", prepared);
  const { id: rollout, app } = request.command;
  return message("deploy.accepted", { rollout, app, host, at });
}
