import type { Frame } from "./codec/frame.ts";
import { required } from "./headers.ts";
import { weightOf } from "./message.ts";
import { ProtocolError, quoted } from "./protocol-error.ts";
import type { Connected, Outcome, Rules, TransactedEffect, Transaction } from "./session.ts";

const WEIGHT_OF_SETTLING = 64;

/** Does something at once, or holds it back for the COMMIT of the transaction that the frame names (STOMP 1.2 "BEGIN"). */
export function within(session: Connected, frame: Frame, effect: TransactedEffect, rules: Rules): Outcome {
  if (!frame.headers.has("transaction")) return { session, effects: [effect], answers: [] };
  const { name, transaction } = openTransaction(session, frame);
  const weight = effect.do === "send" ? weightOf(effect.message) : WEIGHT_OF_SETTLING;
  const held = [...session.transactions.values()].reduce((sum, each) => sum + each.weight, weight);
  if (held > rules.limits.transactionBytes) {
    throw new ProtocolError(`open transactions hold more than ${rules.limits.transactionBytes} bytes`);
  }
  const grown = { effects: [...transaction.effects, effect], weight: transaction.weight + weight };
  return { session: withTransaction(session, name, grown), effects: [], answers: [] };
}

/** The transaction that a frame names: begun, and neither committed nor aborted. */
export function openTransaction(
  session: Connected,
  frame: Frame,
): { name: string; transaction: Transaction } {
  const name = required(frame, "transaction");
  const transaction = session.transactions.get(name);
  if (transaction === undefined) throw new ProtocolError(`no transaction ${quoted(name)} is open`);
  return { name, transaction };
}

/** The session with a transaction, new or changed. */
export function withTransaction(session: Connected, name: string, transaction: Transaction): Connected {
  return { ...session, transactions: new Map(session.transactions).set(name, transaction) };
}

/** The session when a transaction is over. */
export function withoutTransaction(session: Connected, name: string): Connected {
  return {
    ...session,
    transactions: new Map([...session.transactions].filter(([each]) => each !== name)),
  };
}
