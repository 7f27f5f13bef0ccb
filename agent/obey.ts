import { codeOf, Failure, reasonOf } from "../lib/failure.ts";
import type { Data, Message } from "../lib/messages/catalogue.ts";
import { type Command, isAuthorisation } from "../lib/security/command.ts";
import { type Accepted, type Refused, verifyCommand } from "../lib/security/verify.ts";
import { rolloutOf } from "./admit.ts";
import { authorised } from "./authorised.ts";
import type { Here } from "./desk.ts";
import { ordered } from "./ordered.ts";
import { refuse } from "./refusal.ts";

/** A command, as it is handed to a host. */
export type Handed = Data<"deploy.authorised">;

/** Does what a command says, if it may be done, and tells how it goes. A repeat is answered with what is known. */
export async function* obey(handed: Handed, here: Here): AsyncGenerator<Message, void> {
  const { rollout, command, host } = handed;
  if (host !== here.host) return;
  const known = here.deps.refusals.recall(command);
  try {
    if (known === undefined) yield* judged(handed, here);
    else yield known;
  } catch (error) {
    const code = codeOf(error) ?? "E_STORAGE";
    yield refuse(rollout, command, { code, reason: reasonOf(error) }, here);
  }
}

async function* judged(handed: Handed, here: Here): AsyncGenerator<Message, void> {
  const { trust, replay } = here.deps;
  const verdict = verifyCommand(handed.command, { trust, host: here.host, now: here.now(), replay });
  switch (verdict.verdict) {
    case "ignored":
      break;
    case "accepted":
      yield* dispatched(verdict.command, verdict, handed, here);
      break;
    case "refused":
      yield* questioned(verdict, handed, here);
  }
}

async function* questioned(
  { code, reason, command }: Refused,
  handed: Handed,
  here: Here,
): AsyncGenerator<Message, void> {
  // What was accepted once is a repeat now, even if by now it came too late.
  if (command !== undefined && here.deps.replay.recall(command.id) !== undefined)
    yield* dispatched(command, undefined, handed, here);
  // An orchestrator that was replaced still talks. Its successor must not take the answer for one to itself.
  else if (code === "E_OLD" && command !== undefined && !isAuthorisation(command))
    here.log.warn({ rollout: handed.rollout }, `ignored an order: ${reason}`);
  else throw new Failure(code, reason);
}

/** A command whose signature was checked; `accepted` is left out for a repeat. */
function dispatched(
  command: Command,
  accepted: Accepted | undefined,
  handed: Handed,
  here: Here,
): AsyncGenerator<Message, void> {
  if (rolloutOf(command) !== handed.rollout)
    throw new Failure("E_PARSE", `Cannot read a command: it is about another rollout than ${handed.rollout}`);
  return isAuthorisation(command) ? authorised(command, accepted, here) : ordered(command, accepted, here);
}
