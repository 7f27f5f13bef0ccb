import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Decoder } from "../../../../daemons/broker/codec/decode.ts";
import type { Frame } from "../../../../daemons/broker/codec/frame.ts";
import { defaultLimits } from "../../../../daemons/broker/limits.ts";

type Headers = Readonly<Record<string, string | number>>;

/** A STOMP client that says exactly what a test tells it to, and hears exactly what comes. */
export class Client {
  readonly socket: Socket;
  readonly #decoder = new Decoder({ ...defaultLimits, body: 64 * 1024 * 1024 });
  readonly #heard: Frame[] = [];
  readonly #waiting: ((frame: Frame | undefined) => void)[] = [];
  #closed = false;
  #receipts = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#decoder.version = "1.2";
    socket.on("data", (chunk: Buffer) => {
      for (const frame of this.#decoder.decode(chunk)) this.#hear(frame);
    });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#closed = true;
      for (const tell of this.#waiting.splice(0)) tell(undefined);
    });
  }

  /** Heart-beats heard so far. */
  get beats(): number {
    return this.#decoder.beats;
  }

  /** Frames heard that no one has asked for. */
  get unasked(): readonly Frame[] {
    return this.#heard;
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  say(command: string, headers: Headers = {}, body = ""): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    this.write(`${command}\n${lines.join("")}\n${body}\0`);
  }

  /** Says it with a receipt, and waits for that; what else comes in between stays to be heard. */
  async told(command: string, headers: Headers = {}, body = ""): Promise<void> {
    const receipt = `r${this.#receipts++}`;
    this.say(command, { ...headers, receipt }, body);
    const early: Frame[] = [];
    for (;;) {
      const frame = await this.hear();
      if (frame.command === "RECEIPT" && frame.headers.get("receipt-id") === receipt) break;
      if (frame.command === "ERROR") throw new Error(frame.headers.get("message"));
      early.push(frame);
    }
    this.#heard.unshift(...early);
  }

  /** The next frame. */
  async hear(): Promise<Frame> {
    const frame = await this.hearOrEnd();
    if (frame === undefined) throw new Error("the broker closed the connection");
    return frame;
  }

  /** The next frame, or nothing if the connection ends first. */
  hearOrEnd(): Promise<Frame | undefined> {
    const [frame] = this.#heard.splice(0, 1);
    if (frame !== undefined || this.#closed) return Promise.resolve(frame);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The bodies of the next messages. */
  async bodies(count: number): Promise<string[]> {
    const bodies: string[] = [];
    while (bodies.length < count) bodies.push((await this.hear()).body.toString());
    return bodies;
  }

  /** Resolves when the broker has closed the connection. */
  async ended(): Promise<void> {
    if (!this.#closed) await once(this.socket, "close");
  }

  async leave(): Promise<void> {
    this.socket.destroy();
    await this.ended();
  }

  #hear(frame: Frame): void {
    const tell = this.#waiting.shift();
    if (tell === undefined) this.#heard.push(frame);
    else tell(frame);
  }
}

/** Opens a connection, and says nothing yet. */
export async function dial(port: number, host = "127.0.0.1"): Promise<Client> {
  const socket = connect({ port, host, noDelay: true });
  await once(socket, "connect");
  return new Client(socket);
}
