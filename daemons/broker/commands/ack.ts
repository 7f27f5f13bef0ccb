import type { Command } from "../session.ts";
import { settle } from "../settle.ts";

/** STOMP 1.2 "ACK": the message was consumed. */
export const ack: Command = (session, frame, rules) => settle(session, frame, true, rules);
