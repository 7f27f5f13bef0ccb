import { Failure } from "../lib/failure.ts";
import { type Message, message } from "../lib/messages/catalogue.ts";
import type { CommandId, HostName } from "../lib/schema/names.ts";
import type { Engine } from "./engine.ts";
import { stateOf } from "./record.ts";

/** What is known of a deploy: the answer to a repeat, word for word as it was given before. */
export function answerOf({ book, running }: Engine, rollout: CommandId, host: HostName): Message {
  const deploy = book.find(rollout);
  if (deploy === undefined)
    throw new Failure("ROLLOUT_UNKNOWN", `This host knows no rollout ${rollout}: it has not accepted it`);
  const { request, accepted: at, prepared, finished } = deploy;
  const state = stateOf(deploy);
  if (state === "over" && finished !== undefined) return message("deploy.finished", finished);
  // Its turn may have come just now, before anything of that was written down.
  const waiting = state === "waiting" && [undefined, "prepare"].includes(running(rollout));
  if (waiting && prepared !== undefined) return message("deploy.prepared", prepared);
  return message("deploy.accepted", { rollout, app: request.command.app, host, at });
}
