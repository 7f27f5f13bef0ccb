import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What is answered: as it is said, never, or without end. A body that is no text goes out as JSON. */
export type Scripted =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | "hang"
  | "endless";

export interface AskedOf {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What is answered to `METHOD PATH`. */
type Script =
  Readonly<Record<string, Scripted>> | ((methodAndPath: string, asked: AskedOf) => Scripted | undefined);

/** A web server that answers `METHOD PATH` as a test says, whatever the query; anything else gets 599. */
export function scriptedServer() {
  let script: Script = {};
  const asked: AskedOf[] = [];
  let server: Server | undefined;
  const open = async (): Promise<Server> => {
    const opened = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { method = "", url: path = "", headers } = request;
        const each = { method, path, headers, body: Buffer.concat(chunks).toString("utf8") };
        asked.push(each);
        const key = `${method} ${path.split("?", 1)[0]}`;
        const answer =
          typeof script === "function"
            ? script(key, each)
            : Object.hasOwn(script, key)
              ? script[key]
              : undefined;
        if (answer === "hang") return;
        if (answer === "endless") {
          response.writeHead(200);
          const more = () => {
            while (response.write("x".repeat(64 * 1024)));
          };
          response.on("drain", more);
          more();
          return;
        }
        const { status, headers: said = {}, body } = answer ?? { status: 599 };
        response
          .writeHead(status, said)
          .end(typeof body === "object" ? JSON.stringify(body) : (body as string | undefined));
      })();
    });
    await new Promise<void>((resolve) => void opened.listen(0, "127.0.0.1", resolve));
    return opened;
  };
  return {
    url: async () => `http://127.0.0.1:${((server ??= await open()).address() as AddressInfo).port}`,
    /** Says what is answered from now on; what was asked before is forgotten. */
    script: (next: Script) => {
      script = next;
      asked.length = 0;
    },
    asked,
    close: async () => {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      await new Promise<void>((resolve) => {
        closing.close(() => resolve());
        closing.closeAllConnections();
      });
    },
  };
}
