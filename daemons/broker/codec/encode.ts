import { Buffer } from "node:buffer";
import { dialectOf, escape } from "./escape.ts";
import { type Frame, mayHaveBody, type Version } from "./frame.ts";

/** What stands for "I am alive" between frames (STOMP 1.2 "Heart-beating"). */
export const HEART_BEAT = Buffer.from("\n");

const NUL = Buffer.alloc(1);
const COPY_BELOW = 16 * 1024;

/** The header lines of a frame, as a version of the protocol writes them. */
export function headerLines(headers: Iterable<readonly [string, string]>, dialect: Version): string {
  let lines = "";
  for (const [name, value] of headers) {
    // 1.0 has no way to write a colon in a name: left alone, it would end the name there.
    const key = dialect === "1.0" ? name.replaceAll(":", " ") : name;
    lines += `${escape(key, dialect)}:${escape(value, dialect)}\n`;
  }
  return lines;
}

/** The bytes of a frame whose header lines are written already, as few chunks: a large body is not copied. */
export function assemble(head: string, body: Buffer): readonly Buffer[] {
  if (body.length > COPY_BELOW) return [Buffer.from(head), body, NUL];
  const length = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(length + body.length + 1);
  bytes.write(head);
  body.copy(bytes, length);
  bytes[length + body.length] = 0;
  return [bytes];
}

/** The bytes of a frame. Its content-length is ours to say (STOMP 1.2 "Header content-length"). */
export function encode({ command, headers, body }: Frame, version: Version): readonly Buffer[] {
  const own = [...headers].filter(([name]) => name !== "content-length");
  const length = mayHaveBody(command) ? `content-length:${body.length}\n` : "";
  return assemble(`${command}\n${headerLines(own, dialectOf(command, version))}${length}\n`, body);
}
