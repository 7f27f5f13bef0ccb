import { type Buffer, isUtf8 } from "node:buffer";
import { ProtocolError } from "../protocol-error.ts";
import { dialectOf, unescape } from "./escape.ts";
import type { FrameCommand, Version } from "./frame.ts";

const LENGTH = "content-length";

/** Reads the lines of a frame before its body; the first is the command. */
export function parseHeaders(
  lines: Buffer,
  command: FrameCommand,
  version: Version,
): ReadonlyMap<string, string> {
  if (!isUtf8(lines)) throw new ProtocolError("a header is not UTF-8");
  const dialect = dialectOf(command, version);
  const headers = new Map<string, string>();
  for (const line of lines.toString("utf8").split("\n").slice(1, -1)) {
    add(headers, line.endsWith("\r") ? line.slice(0, -1) : line, dialect);
  }
  return headers;
}

function add(headers: Map<string, string>, line: string, dialect: Version): void {
  const colon = line.indexOf(":");
  if (colon === -1) throw new ProtocolError("a header has no colon");
  if (colon === 0) throw new ProtocolError("a header has no name");
  if (line.includes("\0")) throw new ProtocolError("a header holds a NUL");
  if (dialect === "1.2" && line.includes("\r")) throw new ProtocolError("a header holds a bare CR");
  const name = unescape(line.slice(0, colon), dialect);
  const value = unescape(line.slice(colon + 1), dialect);
  const former = headers.get(name);
  if (former === undefined) headers.set(name, value);
  // Which of two lengths is meant decides where the next frame begins: no guessing.
  else if (name === LENGTH && former !== value) throw new ProtocolError("two different content-lengths");
}

/** How many octets of body follow, if the frame says so (STOMP 1.2 "Header content-length"). */
export function contentLength(headers: ReadonlyMap<string, string>, limit: number): number | undefined {
  const text = headers.get(LENGTH);
  if (text === undefined) return undefined;
  if (!/^(0|[1-9]\d*)$/.test(text)) throw new ProtocolError("content-length is not a length");
  const length = Number(text);
  if (length > limit) throw new ProtocolError(`the body is longer than ${limit} bytes`);
  return length;
}
