import type { Frame } from "./codec/frame.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { Connected, Outcome, Rules } from "./session.ts";
import { within } from "./transaction.ts";

/** Takes or gives back a delivery, now or when its transaction commits. */
export function settle(session: Connected, frame: Frame, taken: boolean, rules: Rules): Outcome {
  // 1.2 names the delivery by `id`, the versions before it by `message-id`. Here both are the same,
  // so that a client which mixes them up (Perl's Net::Stomp does) is understood all the same.
  const delivery = frame.headers.get("id") ?? frame.headers.get("message-id");
  if (delivery === undefined) throw new ProtocolError(`${frame.command} names no delivery`);
  return within(session, frame, { do: "settle", delivery, taken }, rules);
}
