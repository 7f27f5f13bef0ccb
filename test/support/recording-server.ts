import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { until } from "./until.ts";

/** A request, as it came. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body, where it is JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** What is answered to a request; 200 where nothing is said. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Answer = (request: Recorded, index: number) => Scripted | Promise<Scripted>;

/** Records what it is asked, until the test ends. */
export async function recordingServer(answer: Answer = () => ({}), port = 0) {
  const requests: Recorded[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const { method = "", url: path = "", headers } = request;
      const recorded = { method, path, headers, body, json: jsonOf(body) };
      requests.push(recorded);
      const {
        status = 200,
        headers: own = {},
        body: said = "",
      } = await answer(recorded, requests.length - 1);
      response.writeHead(status, own).end(typeof said === "string" ? said : JSON.stringify(said));
    })();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  onTestFinished(stop);
  const own = (server.address() as AddressInfo).port;
  return {
    port: own,
    url: `http://127.0.0.1:${own}`,
    requests,
    /** Waits until it was asked so often. */
    asked: (count: number) => until(`${count} requests`, () => requests.length >= count),
    stop,
  };
}

function jsonOf(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}
