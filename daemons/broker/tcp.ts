import type { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Door } from "./core.ts";
import {
  type Address,
  LINGER,
  type Listen,
  listenFailure,
  type Listener,
  refuseInTheClear,
  secure,
} from "./listen.ts";
import { type Limits } from "./limits.ts";
import { ProtocolError } from "./protocol-error.ts";
import { Speaker } from "./speaker.ts";
import type { Transport } from "./transport.ts";

const KEEP_ALIVE = 60_000;
const NOTHING = (): void => undefined;

/** Listens for STOMP over TCP, or over TLS. */
export async function listenTcp(listen: Listen, door: Door, limits: Limits): Promise<Listener> {
  refuseInTheClear(listen);
  if (listen.tls === undefined) {
    const server = createServer();
    const turnAway = (socket: Socket, reason: string) => sayWhy(socket, reason, limits);
    const sockets = admit(server, door, (socket) => serve(socket, door), turnAway);
    return opened(server, listen, door, sockets);
  }
  const server = createTlsServer(secure(listen.tls, limits));
  server.on("secureConnection", (socket) => serve(socket, door));
  const sockets = admit(server, door, NOTHING, (socket) => socket.destroy());
  return opened(server, listen, door, sockets);
}

/** Counts sockets in and out, before any of their bytes is read. */
export function admit(
  server: Server,
  door: Door,
  admitted: (socket: Socket) => void,
  turnAway: (socket: Socket, reason: string) => void,
): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.prependListener("connection", (socket: Socket) => {
    socket.on("error", NOTHING);
    const address = socket.remoteAddress ?? "";
    const reason = door.enter(address);
    if (reason !== undefined) {
      turnAway(socket, reason);
      return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      door.leave(address);
    });
    admitted(socket);
  });
  return sockets;
}

/** Opens a server on its address. */
export async function opened(
  server: Server,
  listen: Listen,
  door: Door,
  sockets: ReadonlySet<Socket>,
): Promise<Listener> {
  const address = await new Promise<Address>((resolve, reject) => {
    server.once("error", (error) => reject(listenFailure(listen, error)));
    server.listen(listen.port, listen.host, () => resolve(addressOf(server)));
  });
  server.on("error", (error) => door.failed(error));
  return { address, close: () => close(server, sockets) };
}

function addressOf(server: Server): Address {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("the server has no port");
  return { host: address.address, port: address.port };
}

async function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const impatience = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, LINGER * 2);
  await new Promise((resolve) => {
    server.close(resolve);
  });
  clearTimeout(impatience);
}

function serve(socket: Socket, door: Door): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE);
  socket.on("error", NOTHING);
  const receiver = door.accept(new SocketTransport(socket, () => receiver.drained()));
  socket.on("data", (chunk: Buffer) => receiver.received(chunk));
  socket.once("close", () => receiver.closed());
}

function sayWhy(socket: Socket, reason: string, limits: Limits): void {
  const observer = { said: NOTHING, cut: NOTHING };
  new Speaker(new SocketTransport(socket, NOTHING), limits, observer).refuse(
    new ProtocolError(reason),
    undefined,
  );
}

class SocketTransport implements Transport {
  readonly address: string;
  readonly #socket: Socket;
  readonly #drained: () => void;
  #corked = false;
  #waiting = false;

  constructor(socket: Socket, drained: () => void) {
    this.#socket = socket;
    this.#drained = drained;
    this.address = socket.remoteAddress ?? "";
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  /** All that is written in one turn leaves in one system call. */
  write(chunks: readonly Buffer[]): void {
    if (!this.#socket.writable) return;
    if (!this.#corked) this.#cork();
    this.#waiting = true;
    for (const chunk of chunks) this.#socket.write(chunk, this.#written);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Goes on reading until the client closes: unread bytes would make the kernel throw away what was written last. */
  end(): void {
    this.#socket.end();
    this.#socket.resume();
    const impatience = setTimeout(() => this.#socket.destroy(), LINGER);
    this.#socket.once("close", () => clearTimeout(impatience));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Told once for all that leaves together. Not by the event `drain`: how much has to wait before it comes differs between
   * versions of Node.
   */
  readonly #written = (): void => {
    if (!this.#waiting || this.#socket.writableLength > 0) return;
    this.#waiting = false;
    this.#drained();
  };

  #cork(): void {
    this.#corked = true;
    this.#socket.cork();
    queueMicrotask(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }
}
