import { connect } from "./commands/connect.ts";
import { abort } from "./commands/abort.ts";
import { ack } from "./commands/ack.ts";
import { begin } from "./commands/begin.ts";
import { commit } from "./commands/commit.ts";
import { disconnect } from "./commands/disconnect.ts";
import { nack } from "./commands/nack.ts";
import { send } from "./commands/send.ts";
import { subscribe } from "./commands/subscribe.ts";
import { unsubscribe } from "./commands/unsubscribe.ts";
import { type Frame, mayHaveBody } from "./codec/frame.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { Answer, Command, Connected, Outcome, Rules, Session } from "./session.ts";

const again: Command = () => {
  throw new ProtocolError("this connection has logged in already");
};

const serverOnly: Command = (_session, { command }) => {
  throw new ProtocolError(`${command} is for the broker to send`);
};

const commands: Readonly<Record<Frame["command"], Command>> = {
  CONNECT: again,
  STOMP: again,
  SEND: send,
  SUBSCRIBE: subscribe,
  UNSUBSCRIBE: unsubscribe,
  ACK: ack,
  NACK: nack,
  BEGIN: begin,
  COMMIT: commit,
  ABORT: abort,
  DISCONNECT: disconnect,
  CONNECTED: serverOnly,
  MESSAGE: serverOnly,
  RECEIPT: serverOnly,
  ERROR: serverOnly,
};

/** What a frame does to a session. Whatever is wrong with it ends the session (STOMP 1.2 "ERROR"). */
export function step(session: Session, frame: Frame, rules: Rules): Outcome {
  if (session.state === "ended") return { session, effects: [], answers: [] };
  try {
    if (frame.body.length > 0 && !mayHaveBody(frame.command)) {
      throw new ProtocolError(`${frame.command} must not have a body`);
    }
    return session.state === "new" ? greet(frame, rules) : obey(session, frame, rules);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const answer: Answer = { say: "refused", error, receipt: frame.headers.get("receipt") };
    return { session: { state: "ended" }, effects: [], answers: [answer] };
  }
}

function greet(frame: Frame, rules: Rules): Outcome {
  if (frame.command === "CONNECT" || frame.command === "STOMP") return connect(frame, rules);
  throw new ProtocolError(`${frame.command} before CONNECT`);
}

/** Any frame but CONNECT may ask for a receipt, which follows all that the frame does (STOMP 1.2 "Header receipt"). */
function obey(session: Connected, frame: Frame, rules: Rules): Outcome {
  const outcome = commands[frame.command](session, frame, rules);
  const id = frame.headers.get("receipt");
  return id === undefined ? outcome : { ...outcome, answers: [{ say: "receipt", id }, ...outcome.answers] };
}
