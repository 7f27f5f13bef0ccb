import { Failure } from "../lib/failure.ts";
import type { Message } from "../lib/messages/catalogue.ts";
import type { Authorisation } from "../lib/security/command.ts";
import type { Accepted } from "../lib/security/verify.ts";
import { accept, supersede } from "./accept.ts";
import { admitHere } from "./admit.ts";
import { answerOf } from "./answer.ts";
import { carriedApp, type Here } from "./desk.ts";
import type { Engine } from "./engine.ts";
import { goOn, told } from "./told.ts";
import type { Carried } from "./work.ts";

/**
 * Accepts an authorisation, once, and prepares the release. `accepted` is left out for a repeat.
 * @throws {Failure} with the code of the refusal
 */
export async function* authorised(
  command: Authorisation,
  accepted: Accepted | undefined,
  here: Here,
): AsyncGenerator<Message, void> {
  const { beingChecked } = here.deps;
  // The repeats that come while the first one fetches would only wait in line.
  if (beingChecked.has(command.id)) return;
  beingChecked.add(command.id);
  try {
    const carried = carriedApp(command.app, command.environment, here);
    const engine = await here.deps.engineOf(carried);
    const ended = await engine.inTurn(() => checked(command, accepted, carried, engine, here));
    const deploy = engine.book.find(command.id);
    if (deploy === undefined) return;
    const feed = goOn(engine, deploy, carried, here);
    beingChecked.delete(command.id);
    yield* ended;
    yield answerOf(engine, command.id, here.host);
    if (feed !== undefined) yield* told(feed, here);
  } finally {
    beingChecked.delete(command.id);
  }
}

async function checked(
  command: Authorisation,
  accepted: Accepted | undefined,
  carried: Carried,
  engine: Engine,
  here: Here,
): Promise<readonly Message[]> {
  if (engine.book.find(command.id) !== undefined) return [];
  if (accepted === undefined) throw new Failure("E_REPLAY", `${command.id} was accepted before`);
  await admitHere(accepted, carried, engine, here);
  const ended = await supersede(engine, command, carried, here.now());
  await accept(command, accepted, carried, engine, here);
  return ended;
}
