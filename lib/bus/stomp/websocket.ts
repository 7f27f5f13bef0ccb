import { WebSocket } from "ws";
import { nameOf } from "../address.ts";
import { explain, type OpenTransport } from "./transport.ts";

const MOST_PAYLOAD = 64 * 1024 * 1024;

/** A transport over WebSocket, or over a secured one for `wss`. */
export const openWebSocket: OpenTransport = (broker, tls, on) => {
  const socket = new WebSocket(nameOf(broker), ["v12.stomp"], {
    ...tls,
    perMessageDeflate: false,
    maxPayload: MOST_PAYLOAD,
  });
  let reason = "the broker closed the connection";
  socket.binaryType = "nodebuffer";
  socket.once("open", on.opened);
  socket.on("message", (data) => on.data(data as Buffer));
  socket.on("error", (error) => {
    reason = explain(error);
  });
  socket.once("close", () => on.closed(reason));
  return {
    send: (data) => socket.send(data),
    end: () => socket.close(),
    destroy: () => socket.terminate(),
  };
};
