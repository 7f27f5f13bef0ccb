import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A web server that gives out a folder, until the test ends. */
export interface FileServer {
  readonly url: string;
  /** What was asked, and the status of the answer. */
  readonly asked: string[];
  /** Answers all that begin with a path in another way. */
  readonly spoil: (path: string, status: number, headers?: Readonly<Record<string, string>>) => void;
}

export async function aFileServer(folder: string): Promise<FileServer> {
  const asked: string[] = [];
  const spoilt = new Map<string, readonly [number, Readonly<Record<string, string>>]>();
  const server = createServer(({ url = "/", headers }, response) => {
    const path = decodeURIComponent(url);
    const say = (status: number, more: Readonly<Record<string, string>> = {}, body?: Buffer) => {
      asked.push(`${path} ${status}`);
      response.writeHead(status, more).end(body);
    };
    const other = [...spoilt].find(([each]) => path.startsWith(each))?.[1];
    if (other !== undefined) return say(...other);
    try {
      const etag = `"${statSync(join(folder, path)).mtimeMs}"`;
      if (headers["if-none-match"] === etag) return say(304);
      return say(200, { etag }, readFileSync(join(folder, path)));
    } catch {
      return say(404);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    spoil: (path, status, headers = {}) => void spoilt.set(path, [status, headers]),
  };
}
