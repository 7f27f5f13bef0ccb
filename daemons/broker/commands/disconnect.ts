import type { Command } from "../session.ts";

/** STOMP 1.2 "DISCONNECT": open transactions are aborted, and the connection ends after the receipt. */
export const disconnect: Command = () => ({
  session: { state: "ended" },
  effects: [],
  answers: [{ say: "bye" }],
});
