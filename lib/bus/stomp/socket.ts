import type { IStompSocket } from "@stomp/stompjs";
import { reasonOf } from "../../failure.ts";
import { type BrokerAddress, nameOf } from "../address.ts";
import { frameReader, type WireFrame } from "./frames.ts";
import { inOrder } from "./header-order.ts";
import { openTcp } from "./tcp.ts";
import type { OpenTransport, TlsSettings } from "./transport.ts";

/** A socket as stompjs wants one, which reads the frames itself. */
export interface BrokerSocket extends IStompSocket {
  /** The frame that stompjs is being told of, with its body and its true headers. */
  readonly current: () => WireFrame;
  /** Ends the connection at once, for a reason. */
  readonly discard: (reason: string) => void;
}

interface SocketOptions {
  readonly tls: TlsSettings;
  /** How long a polite end may take, in milliseconds. */
  readonly closeTimeout: number;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const NOTHING: WireFrame = { command: "", headers: [], body: new Uint8Array() };

/** Begins to connect to a broker. */
export async function openSocket(
  broker: BrokerAddress,
  { tls, closeTimeout }: SocketOptions,
): Promise<BrokerSocket> {
  const open = await transportFor(broker);
  const read = frameReader();
  let state = CONNECTING;
  let frame = NOTHING;
  let reason: string | undefined;
  let closing: NodeJS.Timeout | undefined;

  const discard = (why?: string): void => {
    reason ??= why;
    state = CLOSING;
    transport.destroy();
  };

  const tell = (chunk: Buffer): void => {
    // Every byte is a sign of life, also in the middle of a long frame.
    socket.onmessage?.({ data: "" });
    for (const each of read(chunk)) {
      if (state !== OPEN) return;
      frame = each;
      socket.onmessage?.({ data: headOnly(each) });
    }
  };

  const transport = open(broker, tls, {
    opened: () => {
      state = OPEN;
      socket.onopen?.();
    },
    data: (chunk) => {
      if (state !== OPEN) return;
      try {
        tell(chunk);
      } catch (error) {
        discard(reasonOf(error));
      }
    },
    closed: (why) => {
      state = CLOSED;
      clearTimeout(closing);
      socket.onclose?.({ reason: reason ?? why });
    },
  });

  const socket: BrokerSocket = {
    url: nameOf(broker),
    onopen: undefined,
    onmessage: undefined,
    onclose: undefined,
    onerror: undefined,
    get readyState() {
      return state;
    },
    send: (data) =>
      transport.send(typeof data === "string" ? data : inOrder(new Uint8Array(data as ArrayBuffer))),
    close: () => {
      state = CLOSING;
      transport.end();
      closing ??= setTimeout(() => transport.destroy(), closeTimeout);
    },
    terminate: () => discard(),
    current: () => frame,
    discard,
  };
  return socket;
}

/** The WebSocket library takes long to load, and most connections do without it. */
async function transportFor({ scheme }: BrokerAddress): Promise<OpenTransport> {
  if (scheme === "stomp" || scheme === "stomp+ssl") return openTcp;
  return (await import("./websocket.ts")).openWebSocket;
}

/**
 * A frame without its body. The parser of stompjs knows no limits, needs a hundred times the memory of a body,
 * and unescapes some headers wrongly; so it gets no more than what it decides by.
 */
function headOnly({ command, headers }: WireFrame): string {
  const lines = headers
    .filter(([name]) => name !== "content-length")
    .map(([name, value]) => `${name}:${value}\n`);
  return `${command}\n${lines.join("")}\n\0`;
}
