import { connect, createServer, type Server, type Socket } from "node:net";

/** Stands between a client and a server, and does to them what networks do. */
export interface FaultProxy {
  readonly port: number;
  /** Breaks every connection. New ones are let through. */
  readonly cut: () => void;
  /** From now on nothing comes through, and nobody is told. */
  readonly blackHole: () => void;
  /** Breaks every connection, and refuses new ones. */
  readonly refuse: () => Promise<void>;
  /** Lets everything through again; what fell into a black hole is lost. */
  readonly restore: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface ProxyOptions {
  /** Where connections go. */
  readonly to: number;
  /** Changes what the server says. */
  readonly rewrite?: (chunk: Buffer) => Buffer;
  /** A connection is cut once the client has said so many bytes. */
  readonly cutAfter?: () => number;
}

/** Starts a proxy on a port of its own. */
export async function faultProxy({
  to,
  rewrite = (chunk) => chunk,
  cutAfter = () => Infinity,
}: ProxyOptions): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const stuck = new Set<Socket>();
  let swallows = false;

  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      // Into a black hole falls the end of a connection too.
      if (!stuck.delete(socket)) other.destroy();
    });
  };
  const server = createServer((client) => {
    if (swallows) stuck.add(client);
    const upstream = connect({ host: "127.0.0.1", port: to });
    keep(client, upstream);
    keep(upstream, client);
    client.on("data", (chunk) => {
      if (client.bytesRead > cutAfter()) client.destroy();
      else if (!stuck.has(client)) upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => void (stuck.has(client) || client.write(rewrite(chunk))));
    if (swallows) stuck.add(upstream);
  });
  const port = await listen(server, 0);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const refuse = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    cut();
    await closed;
  };

  return {
    port,
    cut,
    blackHole: () => {
      swallows = true;
      for (const socket of sockets) stuck.add(socket);
    },
    refuse,
    restore: async () => {
      swallows = false;
      if (!server.listening) await listen(server, port);
    },
    close: async () => {
      if (server.listening) await refuse();
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}
