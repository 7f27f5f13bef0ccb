import { connect, type Socket } from "node:net";
import { Failure, reasonOf } from "../failure.ts";
import type { Secret } from "../schema/secret.ts";

/** Where a Redis is. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly password?: Secret | undefined;
}

/** What Redis answers: a text, a number, nothing, or several of them (RESP2, redis.io/docs/reference/protocol-spec). */
export type Reply = string | number | null | readonly Reply[];

/** Gives Redis a command, word by word. @throws {Error} with what it says against it */
export type Call = (...words: readonly string[]) => Promise<Reply>;

const DEADLINE = 10_000;
const MOST = 1024 * 1024;

/**
 * Talks to Redis over a connection of its own, as a transaction needs it.
 * @throws {Failure} TRAFFIC_UNREACHABLE, transient, where it cannot be reached or says no
 */
export async function withRedis<Result>(
  { host, port, password }: RedisAddress,
  talk: (call: Call) => Promise<Result>,
): Promise<Result> {
  const socket = connect({ host, port });
  try {
    const call = caller(socket);
    if (password !== undefined) await call("AUTH", password.reveal());
    return await talk(call);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("TRAFFIC_UNREACHABLE", `Cannot use Redis at ${host}:${port}: ${reasonOf(cause)}`, {
      cause,
      transient: true,
    });
  } finally {
    socket.destroy();
  }
}

/** One command at a time, each with a deadline. */
function caller(socket: Socket): Call {
  let bytes = Buffer.alloc(0);
  let waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined;
  let broken: Error | undefined;
  const fail = (error: Error) => {
    broken ??= error;
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on("error", fail).on("close", () => fail(new Error("it closed the connection")));
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length > MOST) return fail(new Error(`it answers with more than ${MOST} bytes`));
    try {
      const read = replyAt(bytes, 0);
      if (read === undefined) return;
      bytes = bytes.subarray(read.end);
      waiting?.resolve(read.reply);
    } catch (error) {
      waiting?.reject(error as Error);
      bytes = Buffer.alloc(0);
    }
    waiting = undefined;
  });
  return (...words) =>
    new Promise((resolve, reject) => {
      if (broken !== undefined) return reject(broken);
      const timer = setTimeout(() => fail(new Error(`no answer within ${DEADLINE} ms`)), DEADLINE);
      const ended =
        <Value>(end: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer);
          end(value);
        };
      waiting = { resolve: ended(resolve), reject: ended(reject) };
      socket.write(
        `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`,
      );
    });
}

/** The reply that begins somewhere; undefined where not all of it is there. @throws {Error} that Redis answered */
function replyAt(bytes: Buffer, at: number): { readonly reply: Reply; readonly end: number } | undefined {
  const line = bytes.indexOf("\r\n", at);
  if (line < 0) return undefined;
  const said = bytes.toString("utf8", at + 1, line);
  const next = line + 2;
  switch (bytes.toString("latin1", at, at + 1)) {
    case "+":
      return { reply: said, end: next };
    case "-":
      throw new Error(said.slice(0, 300));
    case ":":
      return { reply: Number(said), end: next };
    case "$": {
      const length = Number(said);
      if (length < 0) return { reply: null, end: next };
      const end = next + length + 2;
      return bytes.length < end ? undefined : { reply: bytes.toString("utf8", next, end - 2), end };
    }
    case "*": {
      if (Number(said) < 0) return { reply: null, end: next };
      const replies: Reply[] = [];
      let end = next;
      for (let each = 0; each < Number(said); each += 1) {
        const read = replyAt(bytes, end);
        if (read === undefined) return undefined;
        replies.push(read.reply);
        end = read.end;
      }
      return { reply: replies, end };
    }
    default:
      throw new Error("it does not speak the protocol of Redis");
  }
}
