import { required } from "../headers.ts";
import { ProtocolError, quoted } from "../protocol-error.ts";
import type { Command } from "../session.ts";
import { withTransaction } from "../transaction.ts";

/** STOMP 1.2 "BEGIN": the name is the client's, and must not be in use on this connection. */
export const begin: Command = (session, frame, { limits }) => {
  const name = required(frame, "transaction");
  if (session.transactions.has(name)) throw new ProtocolError(`transaction ${quoted(name)} is open`);
  if (session.transactions.size >= limits.transactions) {
    throw new ProtocolError(`more than ${limits.transactions} transactions are open`);
  }
  return { session: withTransaction(session, name, { effects: [], weight: 0 }), effects: [], answers: [] };
};
