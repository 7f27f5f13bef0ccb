import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { Failure, reasonOf } from "../../failure.ts";
import { LONGEST } from "../clock.ts";

/** What is asked of an engine. */
export interface Asked {
  readonly method: "GET" | "POST" | "DELETE";
  /** Made by us: what comes from outside is in `query`, or encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A value that is sent as JSON, or an archive. */
  readonly body?: { readonly json: unknown } | { readonly archive: AsyncIterable<Buffer> };
  /** Milliseconds until the whole answer must be there. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  /** Is given the bytes of an answer that may be of any length, as they come; then none of them are kept. */
  readonly onBytes?: (chunk: Buffer) => void;
}

/** What an engine answered. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

const MOST_BODY = 4 * 1024 * 1024;

/**
 * Asks an engine over its socket.
 * @throws {Failure} ENGINE_UNREACHABLE, transient, where no whole answer came
 */
export async function ask(socket: string, asked: Asked): Promise<Answered> {
  const ending = new AbortController();
  const abort = () => ending.abort();
  const timer = setTimeout(abort, Math.min(asked.deadline, LONGEST));
  asked.signal?.addEventListener("abort", abort, { once: true });
  if (asked.signal?.aborted === true) abort();
  try {
    return await once(socket, asked, ending.signal);
  } catch (cause) {
    // An archive that cannot be read is no fault of the engine's.
    if (cause instanceof Failure) throw cause;
    const late = ending.signal.aborted && asked.signal?.aborted !== true;
    const why = late
      ? `${asked.method} ${asked.path} took longer than ${asked.deadline} ms`
      : reasonOf(cause);
    throw new Failure("ENGINE_UNREACHABLE", `Cannot ask the container engine at ${socket}: ${why}`, {
      cause,
      transient: true,
    });
  } finally {
    clearTimeout(timer);
    asked.signal?.removeEventListener("abort", abort);
  }
}

async function once(socketPath: string, asked: Asked, signal: AbortSignal): Promise<Answered> {
  const { method, path, query, body } = asked;
  const text = body !== undefined && "json" in body ? JSON.stringify(body.json) : undefined;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        method,
        path: query === undefined ? path : `${path}?${new URLSearchParams(query).toString()}`,
        // An engine refuses names that it does not know from elsewhere.
        headers: { ...headersFor(asked, text), ...asked.headers, host: "localhost" },
        agent: false,
        signal,
      },
      resolve,
    );
    sent.once("error", reject);
    if (body === undefined || "json" in body) sent.end(text);
    else
      Readable.from(body.archive)
        .once("error", (error) => {
          reject(error);
          sent.destroy();
        })
        .pipe(sent);
  });
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await bodyOf(answer, asked) };
}

function headersFor({ body }: Asked, text: string | undefined): Record<string, string | number> {
  if (text !== undefined)
    return { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return body === undefined ? {} : { "content-type": "application/x-tar" };
}

async function bodyOf(answer: IncomingMessage, { onBytes }: Asked): Promise<Buffer> {
  const streams = onBytes !== undefined && (answer.statusCode ?? 0) < 300;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (streams) {
      onBytes(chunk);
      continue;
    }
    size += chunk.length;
    if (size > MOST_BODY) throw new Error(`it answers with more than ${MOST_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
