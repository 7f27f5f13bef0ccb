import type { Command } from "../session.ts";
import { openTransaction, withoutTransaction } from "../transaction.ts";

/** STOMP 1.2 "COMMIT": all that was held back happens now, as one. */
export const commit: Command = (session, frame) => {
  const { name, transaction } = openTransaction(session, frame);
  return { session: withoutTransaction(session, name), effects: transaction.effects, answers: [] };
};
