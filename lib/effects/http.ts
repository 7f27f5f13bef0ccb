import fetch, { type RequestInit } from "node-fetch";
import { Failure, reasonOf } from "../failure.ts";

/** What is asked of a server. */
export interface HttpRequest {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds until the whole answer must be there. */
  readonly deadline: number;
  /** Bytes of the answer that are kept; the rest is not read. */
  readonly most?: number;
  readonly signal?: AbortSignal;
}

/** What a server answered. A redirect is an answer like any other: it is never followed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether the answer was longer than what is kept of it. */
  readonly cut: boolean;
}

/** Asks a server something. Tests and daemons take it as a value. */
export type Http = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

const MOST_BODY = 1024 * 1024;

/**
 * Asks over the network.
 * @throws {Failure} HTTP_FAILED, transient, where no answer came: of the URL, the reason holds no more than scheme, host and port
 */
export const http: Http = async (url, request) => {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), request.deadline);
  const abort = () => ending.abort();
  request.signal?.addEventListener("abort", abort, { once: true });
  if (request.signal?.aborted === true) abort();
  try {
    return await ask(url, request, ending);
  } catch (cause) {
    const late = ending.signal.aborted && request.signal?.aborted !== true;
    const reason = late ? `no answer within ${request.deadline} ms` : reasonOf(cause);
    throw new Failure("HTTP_FAILED", `Cannot ask ${originsIn(url)}: ${originsIn(reason)}`, {
      cause,
      transient: true,
    });
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", abort);
    // Ends the connection of an answer that was not read to its end.
    ending.abort();
  }
};

async function ask(url: string, request: HttpRequest, ending: AbortController): Promise<HttpAnswer> {
  const options: RequestInit = {
    method: request.method ?? "GET",
    redirect: "manual",
    signal: ending.signal,
    headers: { ...request.headers },
    ...(request.body === undefined ? {} : { body: Buffer.from(request.body) }),
  };
  const response = await fetch(url, options);
  const { body, cut } = await head(response.body, request.most ?? MOST_BODY);
  return { status: response.status, headers: Object.fromEntries(response.headers), body, cut };
}

async function head(
  stream: AsyncIterable<string | Buffer> | null,
  most: number,
): Promise<{ body: Buffer; cut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > most) break;
  }
  return { body: Buffer.concat(chunks).subarray(0, most), cut: size > most };
}

/** Addresses without login, path and query: in the path of a webhook lies its secret. */
const originsIn = (text: string): string =>
  text.replace(
    /(https?:\/\/)(?:[^/?#\s]*@)?([^/?#\s,]*)\S*/gi,
    (_address, scheme: string, host: string) => scheme + host,
  );
