import { readFile } from "node:fs/promises";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Failure, reasonOf } from "../failure.ts";
import { type Address, isLoopback } from "../schema/address.ts";

/** Where to listen; with the files of a certificate and its key, for HTTPS. */
export interface Listening extends Address {
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** What a client asked, its body as the bytes that came. */
export interface Asked {
  readonly method: string;
  /** Without the query; as it came, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By their names in lower case, each value apart: one that came twice is seen to have come twice. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** What is answered. */
export interface Answered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Answers a request. What it throws becomes status 500, of which the client learns nothing more. */
export type Answering = (asked: Asked) => Promise<Answered>;

export interface HttpListener {
  readonly address: Address;
  /** Reads the certificate and its key anew: they may have been renewed where they are. */
  renew(): Promise<void>;
  /** Takes no more requests, and waits for those in hand. */
  close(): Promise<void>;
}

/** What a client may take of us: bytes of a body, milliseconds for a whole request, connections. */
const MOST_BODY = 5 * 1024 * 1024;
const DEADLINE = 10_000;
const MOST_CONNECTIONS = 512;

const MIN_VERSION = "TLSv1.2";

const OPTIONS: ServerOptions = {
  headersTimeout: DEADLINE,
  requestTimeout: DEADLINE,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
};

/** The value of a header that came once; undefined where it is missing, or came more than once. */
export function only({ headers }: Pick<Asked, "headers">, name: string): string | undefined {
  const values = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return values?.length === 1 ? values[0] : undefined;
}

/** An answer in JSON. */
export const json = (status: number, body: unknown): Answered => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/**
 * Answers over HTTP. What is too large gets 413, what comes too slowly 408, a compressed body 415.
 * @throws {Failure} LISTEN_REFUSED beyond loopback without TLS, LISTEN_FAILED, or CONFIG_INVALID for a certificate, also later by `renew`
 */
export async function listenHttp(
  listening: Listening,
  answering: Answering,
  onError: (error: unknown) => void,
): Promise<HttpListener> {
  const { host, port, tls } = listening;
  if (tls === undefined && !isLoopback(host))
    throw new Failure(
      "LISTEN_REFUSED",
      `Cannot listen on ${host} without TLS: others on the network could read every secret; listen on 127.0.0.1 behind a proxy, or give \`tls\``,
    );
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    void handle(request, response, answering, onError);
  };
  const secured =
    tls === undefined
      ? undefined
      : createSecureServer({ ...OPTIONS, ...(await readTls(tls)), minVersion: MIN_VERSION }, respond);
  const server: Server = secured ?? createServer(OPTIONS, respond);
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(failed(listening, cause)));
    server.listen(port, host, resolve);
  });
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    renew: async () => {
      if (tls === undefined || secured === undefined) return;
      const renewed = { ...(await readTls(tls)), minVersion: MIN_VERSION } as const;
      try {
        secured.setSecureContext(renewed);
      } catch (cause) {
        throw new Failure("CONFIG_INVALID", `Cannot use a certificate: ${reasonOf(cause)}`, { cause });
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function readTls({ certificate, key }: { certificate: string; key: string }) {
  try {
    return { cert: await readFile(certificate), key: await readFile(key) };
  } catch (cause) {
    throw new Failure("CONFIG_INVALID", `Cannot read a certificate: ${reasonOf(cause)}`, { cause });
  }
}

function failed({ host, port }: Address, cause: Error): Failure {
  const taken = "code" in cause && cause.code === "EADDRINUSE";
  const why = taken ? "another process has this port" : cause.message;
  return new Failure("LISTEN_FAILED", `Cannot listen on ${host}:${port}: ${why}`, { cause });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    const body = await bodyOf(request);
    if (typeof body === "number") {
      // What is left of the body is not waited for.
      send(response, { status: body, headers: { connection: "close" } });
      return;
    }
    send(response, await answering(askedIn(request, body)));
  } catch (error) {
    // A client that left before it said all is nobody's fault.
    if (!request.complete) return;
    onError(error);
    send(response, { status: 500 });
  }
}

/** The body of a request, or the status that it is refused with. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | number> {
  if (isEncoded(request.headers)) return 415;
  if (Number(request.headers["content-length"] ?? 0) > MOST_BODY) return 413;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY) return 413;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A small compressed body may stand for an endless one. */
const isEncoded = (headers: IncomingHttpHeaders): boolean =>
  (headers["content-encoding"] ?? "identity") !== "identity";

function askedIn({ method = "GET", url = "/", headersDistinct }: IncomingMessage, body: Buffer): Asked {
  const [path = "/", ...rest] = url.split("?");
  return {
    method,
    path,
    query: new URLSearchParams(rest.join("?")),
    headers: headersDistinct,
    body,
  };
}

function send(response: ServerResponse, { status, headers = {}, body }: Answered): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    ...headers,
  });
  response.end(body);
}
