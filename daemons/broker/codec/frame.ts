import { Buffer } from "node:buffer";

/** The versions of the protocol that the broker speaks, the best first. */
export const versions = ["1.2", "1.1", "1.0"] as const;
/** One of them. */
export type Version = (typeof versions)[number];

/** What a client may send (STOMP 1.2 "Client Frames", and CONNECT or its newer name STOMP). */
export const clientCommands = [
  "CONNECT",
  "STOMP",
  "SEND",
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "ACK",
  "NACK",
  "BEGIN",
  "COMMIT",
  "ABORT",
  "DISCONNECT",
] as const;

/** What only a server sends (STOMP 1.2 "Server Frames"). */
export const serverCommands = ["CONNECTED", "MESSAGE", "RECEIPT", "ERROR"] as const;

/** The command of a frame. */
export type FrameCommand = (typeof clientCommands)[number] | (typeof serverCommands)[number];

/** One STOMP unit on the wire. Of a repeated header the first counts (STOMP 1.2 "Repeated Header Entries"). */
export interface Frame {
  readonly command: FrameCommand;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** A frame of our own making. */
export function frame(
  command: FrameCommand,
  headers: Readonly<Record<string, string>>,
  body: Buffer = NOTHING,
): Frame {
  return { command, headers: new Map(Object.entries(headers)), body };
}

/** Only these may carry a body (STOMP 1.2 "Body"). */
export const mayHaveBody = (command: FrameCommand): boolean =>
  command === "SEND" || command === "MESSAGE" || command === "ERROR";
