import { Failure } from "../../failure.ts";
import { headersOf, type WireFrame } from "./frames.ts";

const MOST_TEXT = 300;
const OF_A_LOGIN =
  /login|passcode|password|credential|bad connect|access.{0,3}refused|denied|authenti|authoriz|not.allowed/i;

/** What an ERROR frame says, in one line. */
export function textOf(frame: WireFrame): string {
  const { message = "" } = headersOf(frame);
  const [line = ""] = Buffer.from(frame.body).toString("utf8").trim().split("\n", 1);
  const text = line.includes(message) ? line : `${message}: ${line}`;
  return (text || "an ERROR without words").replace(/: $/, "").slice(0, MOST_TEXT);
}

/** The failure of a connection that a broker ended with an ERROR frame. It may work on the next connection. */
export const brokenBy = (broker: string, said: string): Failure =>
  new Failure("BROKER_ERROR", `${broker} ended the connection: ${said}`, { transient: true });

/** The failure of the one frame that an ERROR frame names. It would be refused again. */
export const refusedFrame = (broker: string, said: string): Failure =>
  new Failure("BROKER_ERROR", `${broker} refused a message or a subscription: ${said}`);

/** The failure of a CONNECT that was answered with an ERROR frame. */
export function refusedConnect(broker: string, said: string): Failure {
  if (!OF_A_LOGIN.test(said)) return brokenBy(broker, said);
  return new Failure("BROKER_REFUSED", `Cannot log in to ${broker}: ${said}`);
}

/** The failure of a connection that was lost, or never came about. */
export const lost = (broker: string, why: string): Failure =>
  new Failure("BROKER_UNREACHABLE", `Cannot reach ${broker}: ${why}`, { transient: true });
