import { Buffer } from "node:buffer";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type { Door } from "./core.ts";
import { LINGER, type Listen, type Listener, refuseInTheClear, secure } from "./listen.ts";
import type { Limits } from "./limits.ts";
import { admit, opened } from "./tcp.ts";
import type { Transport } from "./transport.ts";

const PROTOCOLS = ["v12.stomp", "v11.stomp", "v10.stomp"];
const NOTHING = (): void => undefined;

/** Listens for STOMP over WebSocket: where one message begins and ends means nothing to the frames in it. */
export async function listenWebSocket(listen: Listen, door: Door, limits: Limits): Promise<Listener> {
  refuseInTheClear(listen);
  const server = listen.tls === undefined ? createServer() : createTlsServer(secure(listen.tls, limits));
  const sockets = admit(server, door, NOTHING, (socket) => socket.destroy());
  const ready = listen.tls === undefined ? "connection" : "secureConnection";
  const waiting = closeUnlessUpgraded(server, ready, limits.connectDeadline);
  const webSockets = new WebSocketServer(webSocketOptions(limits));
  server.on("request", (_request, response) => {
    response.writeHead(426, { "content-type": "text/plain", connection: "close" });
    response.end("This is a STOMP broker: connect by WebSocket.\n");
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    clearTimeout(waiting.get(socket));
    webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      serve(webSocket, socket.remoteAddress ?? "", door),
    );
  });
  return opened(server, listen, door, sockets);
}

const webSocketOptions = (limits: Limits): ServerOptions => ({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  // A message may hold several small frames, but need not hold several large ones.
  maxPayload: 2 * (limits.body + limits.headerBytes),
  maxFragments: 1_024,
  maxBufferedChunks: 4_096,
  handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
});

/** Whoever opens a connection but asks for no WebSocket holds its place in vain. */
function closeUnlessUpgraded(server: Server, ready: string, deadline: number) {
  const waiting = new WeakMap<Socket, NodeJS.Timeout>();
  server.on(ready, (socket: Socket) => {
    const timer = setTimeout(() => socket.destroy(), deadline);
    waiting.set(socket, timer);
    socket.once("close", () => clearTimeout(timer));
  });
  return waiting;
}

function serve(socket: WebSocket, address: string, door: Door): void {
  socket.on("error", NOTHING);
  const receiver = door.accept(new WebSocketTransport(socket, address, () => receiver.drained()));
  socket.on("message", (data) => receiver.received(bytesOf(data)));
  socket.once("close", () => receiver.closed());
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

class WebSocketTransport implements Transport {
  readonly address: string;
  readonly #socket: WebSocket;
  readonly #drained: () => void;

  constructor(socket: WebSocket, address: string, drained: () => void) {
    this.#socket = socket;
    this.address = address;
    this.#drained = drained;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  /** Always as binary: a body need not be text. */
  write(chunks: readonly Buffer[]): void {
    const [first, ...further] = chunks;
    const bytes = first !== undefined && further.length === 0 ? first : Buffer.concat(chunks);
    this.#socket.send(bytes, { binary: true }, () => this.#written());
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.close();
    const impatience = setTimeout(() => this.#socket.terminate(), LINGER);
    this.#socket.once("close", () => clearTimeout(impatience));
  }

  destroy(): void {
    this.#socket.terminate();
  }

  #written(): void {
    if (this.#socket.bufferedAmount === 0) this.#drained();
  }
}
