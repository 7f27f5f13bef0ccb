import { Buffer } from "node:buffer";
import { encode, HEART_BEAT } from "./codec/encode.ts";
import { type Frame, frame, type Version } from "./codec/frame.ts";
import type { Limits } from "./limits.ts";
import type { Letter } from "./mailbox.ts";
import type { Message } from "./message.ts";
import { messageFrame } from "./message-frame.ts";
import type { ProtocolError } from "./protocol-error.ts";
import type { Subscription } from "./session.ts";
import type { Transport } from "./transport.ts";

const CONGESTED_AT = 1 / 16;

interface Observer {
  /** Something was written. */
  readonly said: () => void;
  /** The client was cut off in the middle. */
  readonly cut: (reason: string) => void;
}

/** What one client hears: frames in the version that it speaks, until the last. */
export class Speaker {
  version: Version = "1.0";
  readonly #transport: Transport;
  readonly #limits: Limits;
  readonly #observer: Observer;
  #over = false;

  constructor(transport: Transport, limits: Limits, observer: Observer) {
    this.#transport = transport;
    this.#limits = limits;
    this.#observer = observer;
  }

  /** Whether what can wait should not be written now. */
  get congested(): boolean {
    return this.#over || this.#transport.buffered > this.#limits.writeBuffer * CONGESTED_AT;
  }

  frame(said: Frame): void {
    this.#write(encode(said, this.version));
  }

  message(subscription: Subscription, message: Message, letter?: Letter): void {
    this.#write(messageFrame(this.version, subscription, message, letter));
  }

  beat(): void {
    this.#write([HEART_BEAT]);
  }

  /** STOMP 1.2 "ERROR": the last frame of a connection. */
  refuse(error: ProtocolError, receipt: string | undefined): void {
    const about = receipt === undefined ? {} : { "receipt-id": receipt };
    const headers = { message: error.message, ...error.headers, ...about, "content-type": "text/plain" };
    this.frame(frame("ERROR", headers, Buffer.from(`Refused: ${error.message}.\n`)));
    this.end();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#transport.end();
  }

  /** The socket is gone: nobody hears. */
  closed(): void {
    this.#over = true;
  }

  /** Closes at once what takes too little to be waited for. */
  cut(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#transport.destroy();
    this.#observer.cut(reason);
  }

  #write(chunks: readonly Buffer[]): void {
    if (this.#over) return;
    this.#transport.write(chunks);
    this.#observer.said();
    if (this.#transport.buffered > this.#limits.writeBuffer) this.cut("it reads too slowly");
  }
}
