import { pause } from "../lib/effects/clock.ts";
import { message, type Data } from "../lib/messages/catalogue.ts";
import type { HostState } from "../lib/messages/catalogue/rollouts.ts";
import { Failure } from "../lib/failure.ts";
import type { CommandId } from "../lib/schema/names.ts";
import type { SignedEnvelope } from "../lib/schema/signed-envelope.ts";
import { COMMAND_TYPE, type Command, encodeCommand } from "../lib/security/command.ts";
import { seal } from "../lib/security/envelope.ts";
import { namespaces } from "../lib/security/namespaces.ts";
import type { Signer } from "../lib/security/signer.ts";
import type { Envelope } from "../lib/messages/envelope.ts";
import type { Session } from "./session.ts";

/** Signs a command as the person at this machine. */
export function signed(command: Command, signer: Signer): Promise<SignedEnvelope> {
  return seal(encodeCommand(command), COMMAND_TYPE, namespaces.deploy, signer);
}

/** What is told of a rollout while it runs. */
export interface Watcher {
  started?(news: Data<"rollout.started">): void;
  host?(host: string, state: HostState, reason: string | undefined): void;
  phase?(host: string, phase: string): void;
  line?(host: string, phase: string, line: string): void;
}

/**
 * How often a request is repeated until the orchestrator takes it up, how long that may take, and how often it is asked
 * again how the rollout is: news that came while the broker was away are told again. In milliseconds.
 */
const REPEAT = 1_000;
const PATIENCE = 15_000;
const REMIND = 5_000;

/**
 * Asks for a rollout and follows it to its end. The request is repeated, under the same id, which is harmless.
 * @throws {Failure} ANSWER_TIMEOUT where no orchestrator takes it up
 */
export async function runRollout(
  session: Session,
  rollout: CommandId,
  command: SignedEnvelope,
  { watcher = {}, wait = true }: { readonly watcher?: Watcher; readonly wait?: boolean } = {},
): Promise<Data<"rollout.finished"> | undefined> {
  const begun = Date.now();
  let asked = 0;
  const heard: { taken: boolean; ended: boolean; finished?: Data<"rollout.finished"> } = {
    taken: false,
    ended: false,
  };
  await session.hear(FOLLOWED, (envelope) => {
    const { type, data } = envelope;
    if (heard.ended || !("rollout" in data) || data.rollout !== rollout) return;
    const repeated = heard.taken && type === "rollout.started";
    heard.taken = true;
    if (!repeated) tell(watcher, envelope);
    if (type === "rollout.finished") heard.finished = data;
    heard.ended = type === "rollout.finished" || (!wait && type === "rollout.started");
  });
  while (!heard.ended) {
    if (!heard.taken && Date.now() - begun > PATIENCE) {
      throw new Failure(
        "ANSWER_TIMEOUT",
        `Nobody took up rollout ${rollout} within ${PATIENCE / 1_000} s: does an orchestrator run?`,
      );
    }
    if (Date.now() - asked >= (heard.taken ? REMIND : REPEAT)) {
      asked = Date.now();
      // Where the broker is away, the next reminder may find it again.
      session.say(message("rollout.requested", { rollout, command })).catch(() => undefined);
    }
    await pause(20);
  }
  return heard.finished;
}

const FOLLOWED = [
  "rollout.started",
  "rollout.progress",
  "rollout.finished",
  "deploy.progress",
  "deploy.log",
] as const;

function tell(watcher: Watcher, { type, data }: Envelope): void {
  if (type === "rollout.started") watcher.started?.(data);
  else if (type === "rollout.progress") watcher.host?.(data.host, data.state, data.reason);
  else if (type === "deploy.progress") watcher.phase?.(data.host, data.phase);
  else if (type === "deploy.log") for (const line of data.lines) watcher.line?.(data.host, data.phase, line);
}
