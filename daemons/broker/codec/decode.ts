import { Buffer } from "node:buffer";
import type { Limits } from "../limits.ts";
import { ProtocolError, quoted } from "../protocol-error.ts";
import { clientCommands, type Frame, type FrameCommand, serverCommands, type Version } from "./frame.ts";
import { contentLength, parseHeaders } from "./headers.ts";
import { ReceivedBytes } from "./received-bytes.ts";

const LF = 10;
const CR = 13;

const commands = new Map<string, FrameCommand>(
  [...clientCommands, ...serverCommands].map((command) => [command, command]),
);

/** How large the parts of a frame may be. */
type FrameLimits = Pick<Limits, "headers" | "headerLine" | "headerBytes" | "body">;

type Head = Omit<Frame, "body"> & { readonly length: number | undefined };

/**
 * Turns bytes into frames, wherever the network cut them, and holds at most one frame (STOMP 1.2 "Augmented BNF").
 * What is no frame is a ProtocolError; after that, nothing more can be read.
 */
export class Decoder {
  /** Set when a version is agreed: from the next frame on, headers are unescaped as it says. */
  version: Version = "1.0";
  limits: FrameLimits;
  /** How many ends of line have come between frames: heart-beats, mostly. */
  beats = 0;

  readonly #bytes = new ReceivedBytes();
  #command: FrameCommand | undefined;
  #head: Head | undefined;
  #headers = 0;
  /** How far the current part has been searched for its end, so that no byte is searched twice. */
  #searched = 0;

  constructor(limits: FrameLimits) {
    this.limits = limits;
  }

  /** Whether a frame has begun to arrive. */
  get midFrame(): boolean {
    return this.#bytes.length > 0 || this.#head !== undefined;
  }

  /** The frames that these bytes complete. Lazy: what one frame changes here holds for the next. */
  *decode(chunk: Buffer): Generator<Frame, void, void> {
    this.#bytes.add(chunk);
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) yield frame;
  }

  #next(): Frame | undefined {
    this.#head ??= this.#readHead();
    return this.#head && this.#readBody(this.#head);
  }

  #readHead(): Head | undefined {
    if (this.#searched === 0) this.#skipEndsOfLine();
    for (;;) {
      const end = this.#bytes.indexOf(LF, this.#searched);
      this.#limitHead(end === -1 ? this.#bytes.length : end);
      if (end === -1) return undefined;
      if (this.#endsHead(end)) return this.#takeHead(end);
      this.#searched = end + 1;
    }
  }

  #skipEndsOfLine(): void {
    for (;;) {
      const pair = this.#bytes.at(0) === CR && this.#bytes.at(1) === LF;
      if (!pair && this.#bytes.at(0) !== LF) return;
      this.#bytes.drop(pair ? 2 : 1);
      this.beats += 1;
    }
  }

  #limitHead(end: number): void {
    if (end - this.#searched > this.limits.headerLine) {
      throw new ProtocolError(`a header line is longer than ${this.limits.headerLine} bytes`);
    }
    if (end > this.limits.headerBytes) {
      throw new ProtocolError(`the headers are longer than ${this.limits.headerBytes} bytes`);
    }
  }

  /** Looks at the line that ends here: the command, a header, or the empty line after them. */
  #endsHead(end: number): boolean {
    if (this.#command === undefined) {
      this.#command = commandOf(this.#bytes.peek(end));
      return false;
    }
    const empty = end === this.#searched || (end === this.#searched + 1 && this.#bytes.at(end - 1) === CR);
    if (!empty && ++this.#headers > this.limits.headers) {
      throw new ProtocolError(`a frame has more than ${this.limits.headers} headers`);
    }
    return empty;
  }

  #takeHead(end: number): Head {
    const command = this.#command ?? commandOf(this.#bytes.peek(end));
    const headers = parseHeaders(this.#bytes.peek(this.#searched), command, this.version);
    const length = contentLength(headers, this.limits.body);
    this.#bytes.drop(end + 1);
    this.#command = undefined;
    this.#headers = 0;
    this.#searched = 0;
    return { command, headers, length };
  }

  #readBody({ command, headers, length }: Head): Frame | undefined {
    const end = length ?? this.#bytes.indexOf(0, this.#searched);
    if ((end === -1 ? this.#bytes.length : end) > this.limits.body) {
      throw new ProtocolError(`the body is longer than ${this.limits.body} bytes`);
    }
    const terminator = end === -1 ? undefined : this.#bytes.at(end);
    if (terminator === undefined) {
      this.#searched = length === undefined ? this.#bytes.length : 0;
      return undefined;
    }
    if (terminator !== 0) throw new ProtocolError("no NUL after the body: content-length is wrong");
    // A copy: the bytes that came with it need not stay in memory for as long as the message does.
    const body = Buffer.from(this.#bytes.peek(end));
    this.#bytes.drop(end + 1);
    this.#head = undefined;
    this.#searched = 0;
    return { command, headers, body };
  }
}

function commandOf(line: Buffer): FrameCommand {
  const text = line.toString("latin1").replace(/\r$/, "");
  const command = commands.get(text);
  if (command === undefined) throw new ProtocolError(`unknown command ${quoted(text)}`);
  return command;
}
