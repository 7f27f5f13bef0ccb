import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { explain, type OpenTransport } from "./transport.ts";

const PROBE_AFTER = 30_000;

/** A transport over TCP, or over TLS for `stomp+ssl`. */
export const openTcp: OpenTransport = ({ scheme, host, port }, tls, on) => {
  const secure = scheme === "stomp+ssl";
  const socket = secure ? connectTls({ host, port, ...tls }) : connect({ host, port });
  let reason = "the broker closed the connection";
  socket.setNoDelay(true);
  socket.setKeepAlive(true, PROBE_AFTER);
  // Not before the handshake is done: the passcode is meant for a broker that proved who it is.
  socket.once(secure ? "secureConnect" : "connect", on.opened);
  socket.on("data", on.data);
  socket.on("error", (error: Error) => {
    reason = explain(error);
  });
  socket.once("close", () => on.closed(reason));
  return {
    send: (data) => void socket.write(data),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
};
