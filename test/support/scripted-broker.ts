import { createServer, type Socket } from "node:net";
import { frameReader, headersOf } from "../../lib/bus/stomp/frames.ts";

/** A frame that a client sent. */
interface SentFrame {
  readonly command: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A broker that does exactly what a test says. */
export interface ScriptedBroker {
  readonly port: number;
  /** What came, over all connections. */
  readonly frames: readonly SentFrame[];
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

/** What to say to a new connection, and to each frame. */
export interface Script {
  readonly greeted?: (socket: Socket) => void;
  readonly heard?: (frame: SentFrame, socket: Socket) => void;
}

/** The answer to CONNECT. */
export const CONNECTED = "CONNECTED\nversion:1.2\n\n\0";

/** Starts a broker that follows a script. */
export async function scriptedBroker({ greeted, heard }: Script): Promise<ScriptedBroker> {
  const frames: SentFrame[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const read = frameReader();
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      for (const frame of read(chunk)) {
        const { command, body } = frame;
        const sent = { command, headers: headersOf(frame), body: Buffer.from(body).toString() };
        frames.push(sent);
        heard?.(sent, socket);
      }
    });
    greeted?.(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    frames,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
