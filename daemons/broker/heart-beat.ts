import { ProtocolError } from "./protocol-error.ts";

/** The agreed times between heart-beats, in milliseconds; 0 is none (STOMP 1.2 "Heart-beating"). */
export interface HeartBeat {
  /** From the broker to the client. */
  readonly outgoing: number;
  /** From the client to the broker. */
  readonly incoming: number;
}

/** Neither side promises any. */
export const NO_HEART_BEAT: HeartBeat = { outgoing: 0, incoming: 0 };

/** A client is lost when it was silent for this many times what it promised (STOMP 1.2 "Heart-beating": a margin is due). */
export const PATIENCE = 2.5;

/** Takes what the client offers and wants, but nothing more frequent than `shortest` (STOMP 1.2 "Heart-beating"). */
export function agreeHeartBeat(header: string | undefined, shortest: number): HeartBeat {
  if (header === undefined) return NO_HEART_BEAT;
  const [, offered, wanted] = /^(\d{1,9}),(\d{1,9})$/.exec(header) ?? [];
  if (offered === undefined || wanted === undefined) {
    throw new ProtocolError("heart-beat is not two numbers of milliseconds joined by a comma");
  }
  const atLeast = (time: number) => (time === 0 ? 0 : Math.max(time, shortest));
  return { outgoing: atLeast(Number(wanted)), incoming: atLeast(Number(offered)) };
}
