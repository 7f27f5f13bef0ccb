import type { Command } from "../session.ts";
import { openTransaction, withoutTransaction } from "../transaction.ts";

/** STOMP 1.2 "ABORT": nothing that was held back happens. */
export const abort: Command = (session, frame) => {
  const { name } = openTransaction(session, frame);
  return { session: withoutTransaction(session, name), effects: [], answers: [] };
};
