import { durableName } from "../durable.ts";
import type { Frame } from "../codec/frame.ts";
import { ProtocolError, quoted } from "../protocol-error.ts";
import type { Command, Connected, Effect } from "../session.ts";

/**
 * STOMP 1.2 "UNSUBSCRIBE". A durable subscription is only left, unless the frame names it as durable again: then it
 * is deleted, in RabbitMQ's form (at once) or in ActiveMQ's (in a second frame).
 */
export const unsubscribe: Command = (session, frame) => {
  const id =
    frame.headers.get("id") ?? (session.version === "1.0" ? frame.headers.get("destination") : undefined);
  if (id === undefined) throw new ProtocolError("UNSUBSCRIBE has no id header");
  const left = session.subscriptions.get(id);
  const durable = durableToForget(session, frame, left?.durable);
  if (left === undefined && durable === undefined) {
    throw new ProtocolError(`no subscription ${quoted(id)} is open`);
  }
  const subscriptions = new Map([...session.subscriptions].filter(([each]) => each !== id));
  const effects: Effect[] = left === undefined ? [] : [{ do: "unsubscribe", id }];
  if (durable !== undefined) effects.push({ do: "forget", durable });
  return { session: { ...session, subscriptions }, effects, answers: [] };
};

function durableToForget(session: Connected, frame: Frame, open: string | undefined): string | undefined {
  const named = durableName(session, frame);
  return named === undefined ? undefined : (open ?? named);
}
