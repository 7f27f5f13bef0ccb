import { createReadStream } from "node:fs";
import { type IncomingMessage, request as askHttp } from "node:http";
import { request as askHttps } from "node:https";
import { Failure, reasonOf } from "../failure.ts";

/** What is asked of a server that keeps large files. */
export interface TransferRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent: a text, or a file. */
  readonly body?: string | { readonly path: string };
  /** Milliseconds for which nothing may come or go. */
  readonly silence?: number;
}

/** What a server answered; its bytes come as they are, packed or not. A redirect is an answer like any other. */
export interface Transferred {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What was asked for; nothing where it was not had. */
  readonly bytes: AsyncIterable<Buffer>;
  /** The beginning of what was said instead. */
  readonly said: string;
}

const MOST_SAID = 8 * 1024;
const SILENCE = 60_000;

/**
 * Sends and receives files of any size, as streams. Not with `http.ts`, which holds an answer in memory, and unpacks what a
 * server says that it packed: an artifact must come as the bytes that its digest is of.
 * @throws {Failure} STORE_UNREACHABLE, transient; also while bytes are read
 */
export async function transfer(url: URL, request: TransferRequest): Promise<Transferred> {
  const { method, headers: sent, body, silence = SILENCE } = request;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const ask = url.protocol === "https:" ? askHttps : askHttp;
    const asked = ask(url, { method, headers: sent, agent: false, timeout: silence }, resolve);
    asked.once("timeout", () => asked.destroy(new Error(`nothing came for ${silence} ms`)));
    asked.once("error", (error) => reject(unreachable(url, error)));
    if (body === undefined || typeof body === "string") asked.end(body);
    else
      createReadStream(body.path)
        .once("error", (error) => asked.destroy(error))
        .pipe(asked);
  });
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
  );
  const status = answer.statusCode ?? 0;
  const bytes = bytesOf(answer, url);
  if (method === "GET" && status >= 200 && status < 300) return { status, headers, bytes, said: "" };
  return { status, headers, bytes: none(), said: await beginningOf(bytes) };
}

// oxlint-disable-next-line require-yield
async function* none(): AsyncGenerator<Buffer, void> {}

async function beginningOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  let said = "";
  for await (const chunk of bytes) {
    said += chunk.toString("utf8");
    if (said.length > MOST_SAID) break;
  }
  return said.slice(0, MOST_SAID);
}

async function* bytesOf(answer: IncomingMessage, url: URL): AsyncGenerator<Buffer, void> {
  try {
    yield* answer as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreachable(url, error);
  } finally {
    answer.destroy();
  }
}

const unreachable = (url: URL, cause: unknown): Failure =>
  new Failure("STORE_UNREACHABLE", `Cannot reach the store ${url.origin}: ${reasonOf(cause)}`, {
    cause,
    transient: true,
  });
