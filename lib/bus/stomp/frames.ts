import { Failure } from "../../failure.ts";

/** A frame as it came: its headers still escaped. */
export interface WireFrame {
  readonly command: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

const MOST_HEAD = 64 * 1024;
const MOST_BODY = 64 * 1024 * 1024;
const LF = 10;
const CR = 13;
const NUL = 0;

type Step =
  | { readonly frame: WireFrame; readonly end: number }
  /** How many bytes there must be before it is worth looking again. */
  | { readonly needed: number };

/**
 * Cuts bytes into frames, wherever the network cut them before.
 * The function that it answers throws BROKER_ERROR at what no STOMP broker sends.
 */
export function frameReader(): (chunk: Buffer) => readonly WireFrame[] {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = 1;
  return (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < needed) return [];
    const { frames, rest, wanted } = cut(chunks.length === 1 ? chunk : Buffer.concat(chunks));
    chunks = rest.length === 0 ? [] : [rest];
    size = rest.length;
    needed = wanted;
    return frames;
  };
}

function cut(bytes: Buffer): { frames: readonly WireFrame[]; rest: Buffer; wanted: number } {
  const frames: WireFrame[] = [];
  let rest = afterGap(bytes);
  for (;;) {
    if (rest.length === 0) return { frames, rest, wanted: 1 };
    const step = next(rest);
    if ("needed" in step) return { frames, rest, wanted: step.needed };
    frames.push(step.frame);
    rest = afterGap(rest.subarray(step.end));
  }
}

/** Between frames there may be line ends: those after a frame, and heart-beats. */
function afterGap(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === LF || bytes[start] === CR) start += 1;
  return bytes.subarray(start);
}

function next(bytes: Buffer): Step {
  const head = endOfHead(bytes);
  if ((head ?? bytes.length) > MOST_HEAD) throw nonsense(`its headers are longer than ${MOST_HEAD} bytes`);
  if (head === undefined) return { needed: bytes.length + 1 };
  const [command = "", ...lines] = bytes.toString("utf8", 0, head).split(/\r?\n/).slice(0, -2);
  if (!/^[A-Z]{1,20}$/.test(command)) throw nonsense("it has no command");
  const headers = lines.map(parseHeader);
  const end = endOfBody(bytes, head, headers);
  if (typeof end === "object") return end;
  return { frame: { command, headers, body: bytes.subarray(head, end) }, end: end + 1 };
}

/** Where the body begins: after the empty line. */
function endOfHead(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

function parseHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  if (colon < 1) throw nonsense("a header has no name");
  return [line.slice(0, colon), line.slice(colon + 1)];
}

/** Where the NUL after the body stands. */
function endOfBody(
  bytes: Buffer,
  head: number,
  headers: WireFrame["headers"],
): number | { readonly needed: number } {
  const [, length] = headers.find(([name]) => name === "content-length") ?? [];
  const end = length === undefined ? bytes.indexOf(NUL, head) : head + lengthOf(length);
  if (end - head > MOST_BODY || (end === -1 && bytes.length - head > MOST_BODY))
    throw nonsense(`its body is longer than ${MOST_BODY} bytes`);
  if (end === -1) return { needed: bytes.length + 1 };
  if (bytes.length <= end) return { needed: end + 1 };
  if (bytes[end] !== NUL) throw nonsense("its body is longer than its content-length");
  return end;
}

function lengthOf(value: string): number {
  if (!/^\s*\d{1,12}\s*$/.test(value)) throw nonsense("its content-length is no number");
  return Number(value);
}

const nonsense = (why: string): Failure =>
  new Failure("BROKER_ERROR", `Cannot read a frame from the broker: ${why}`, { transient: true });

const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", "\\r": "\r", "\\c": ":", "\\\\": "\\" };

/** The headers of a frame, unescaped as STOMP 1.2 says. Of a repeated header, the first counts. */
export function headersOf({ headers }: WireFrame): Readonly<Record<string, string>> {
  const values = headers.map(([name, value]) => [unescaped(name), unescaped(value)] as const);
  return Object.fromEntries(values.toReversed());
}

const unescaped = (text: string): string => text.replace(/\\./g, (escape) => ESCAPES[escape] ?? escape);
