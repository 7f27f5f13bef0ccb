import { type Data, type Message, message } from "../lib/messages/catalogue.ts";
import type { Authorisation } from "../lib/security/command.ts";
import { revisionOf } from "../lib/security/release.ts";
import type { Accepted } from "../lib/security/verify.ts";
import type { Here } from "./desk.ts";
import type { Engine } from "./engine.ts";
import { stateOf } from "./record.ts";
import { livesOf } from "./state.ts";
import type { Carried } from "./work.ts";

/**
 * Writes an authorisation down, so that it is known before anything is done, and never done twice.
 * @throws {Failure} E_STORAGE, E_REPLAY, E_OLD or E_CLOCK: then it is not accepted
 */
export async function accept(
  command: Authorisation,
  { principal: by, digest }: Accepted,
  { layout }: Carried,
  { book }: Engine,
  { deps, now }: Here,
): Promise<void> {
  const at = now();
  const before = [...(await livesOf(layout))];
  const request = { command, by, digest };
  await book.write({ line: "accepted", rollout: command.id, at: at.toISOString(), request, before });
  try {
    deps.replay.begin(command, at);
  } catch (error) {
    await book.note({ line: "dropped", rollout: command.id });
    throw error;
  }
}

/** Ends deploys that waited for their turn longer than they may, now that another one comes. */
export async function supersede(
  engine: Engine,
  by: Authorisation,
  { name, host, layout }: Carried,
  now: Date,
): Promise<readonly Message[]> {
  const waiting = [...engine.book.deploys()].filter(
    ([rollout, deploy]) => rollout !== by.id && stateOf(deploy) !== "over",
  );
  const [live = null] = await livesOf(layout);
  const ended: Message[] = [];
  for (const [rollout, deploy] of waiting) {
    const data: Data<"deploy.finished"> = {
      rollout,
      app: name,
      host,
      outcome: "cancelled",
      revision: revisionOf(deploy.request.command.release),
      live,
      reason: `Rollout ${by.id} came, and this one had not been given its turn in time`,
      at: now.toISOString(),
      seconds: 0,
    };
    await engine.book.write({ line: "ended", rollout, message: data });
    ended.push(message("deploy.finished", data));
  }
  return ended;
}
