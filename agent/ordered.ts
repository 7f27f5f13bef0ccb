import { Failure } from "../lib/failure.ts";
import type { Message } from "../lib/messages/catalogue.ts";
import type { Accepted } from "../lib/security/verify.ts";
import { admitHere } from "./admit.ts";
import { answerOf } from "./answer.ts";
import { carriedApp, type Here, toolsOf } from "./desk.ts";
import type { Engine } from "./engine.ts";
import type { Feed } from "./feed.ts";
import { type Order, partFor, requireFit } from "./orders.ts";
import { type Deploy, stateOf } from "./record.ts";
import { goOn, told } from "./told.ts";
import type { Carried } from "./work.ts";

/**
 * Follows an order about a rollout that was authorised before. `accepted` is left out for a repeat.
 * @throws {Failure} with the code of the refusal
 */
export async function* ordered(
  order: Order,
  accepted: Accepted | undefined,
  here: Here,
): AsyncGenerator<Message, void> {
  const carried = carriedApp(order.app, order.environment, here);
  const engine = await here.deps.engineOf(carried);
  const feed = await engine.inTurn(() => followed(order, accepted, carried, engine, here));
  if (feed === undefined) yield answerOf(engine, order.rollout, here.host);
  else yield* told(feed, here);
}

async function followed(
  order: Order,
  accepted: Accepted | undefined,
  carried: Carried,
  engine: Engine,
  here: Here,
): Promise<Feed | undefined> {
  const deploy = deployOf(order, engine);
  requireFit(order, deploy);
  if (accepted !== undefined) await admitHere(accepted, carried, engine, here);
  const part = partFor(order, deploy);
  if (part === undefined || part === engine.running(order.rollout))
    return goOn(engine, deploy, carried, here);
  if (accepted !== undefined) here.deps.replay.begin(order, here.now());
  await engine.stop(order.rollout);
  const stopped = deployOf(order, engine);
  // It may have ended while it was being stopped.
  if (part === "abort" && stateOf(stopped) === "over") return undefined;
  return engine.start(stopped, part, { ...carried, ...toolsOf(here) }, here.signal);
}

function deployOf({ rollout }: Order, { book }: Engine): Deploy {
  const deploy = book.find(rollout);
  if (deploy !== undefined) return deploy;
  throw new Failure("ROLLOUT_UNKNOWN", `This host knows no rollout ${rollout}: it has not accepted it`);
}
