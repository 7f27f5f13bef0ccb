import { frame as makeFrame, type Frame, type Version, versions } from "../codec/frame.ts";
import { agreeHeartBeat, type HeartBeat } from "../heart-beat.ts";
import { ProtocolError } from "../protocol-error.ts";
import type { Connected, Outcome, Rules } from "../session.ts";
import { SERVER } from "../version.ts";

/** STOMP 1.2 "CONNECT or STOMP Frame": agrees on a version and on heart-beats, and checks who it is. */
export function connect({ headers }: Frame, rules: Rules): Outcome {
  const version = agreeVersion(headers.get("accept-version"));
  const beats = version === "1.0" ? undefined : headers.get("heart-beat");
  const heartBeat = agreeHeartBeat(beats, rules.limits.heartBeat);
  const login = headers.get("login");
  if (login === undefined || !rules.authenticate(login, headers.get("passcode"))) {
    const receipt = headers.get("receipt");
    return { session: { state: "ended" }, effects: [], answers: [{ say: "login-refused", login, receipt }] };
  }
  const session: Connected = {
    state: "connected",
    login,
    version,
    clientId: headers.get("client-id"),
    subscriptions: new Map(),
    transactions: new Map(),
  };
  const answer = connected(version, heartBeat, rules.newId());
  return { session, effects: [], answers: [{ say: "connected", session, frame: answer, heartBeat }] };
}

/** STOMP 1.2 "Protocol Negotiation": the best version that both speak; a client that names none speaks 1.0. */
function agreeVersion(accepted = "1.0"): Version {
  const offered = accepted.split(",").map((each) => each.trim());
  const best = versions.find((version) => offered.includes(version));
  if (best === undefined) {
    throw new ProtocolError(`the broker speaks STOMP ${versions.join(", ")}`, {
      version: versions.join(","),
    });
  }
  return best;
}

/** STOMP 1.2 "CONNECTED Frame". */
function connected(version: Version, { outgoing, incoming }: HeartBeat, session: string): Frame {
  const heartBeat = `${outgoing},${incoming}`;
  return makeFrame("CONNECTED", { version, session, server: SERVER, "heart-beat": heartBeat });
}
