import type { Command } from "../session.ts";
import { settle } from "../settle.ts";

/** STOMP 1.2 "NACK": the message was not consumed, and goes to whoever takes it next. */
export const nack: Command = (session, frame, rules) => settle(session, frame, false, rules);
