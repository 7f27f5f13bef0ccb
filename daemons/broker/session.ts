import type { Frame, Version } from "./codec/frame.ts";
import type { Destination } from "./destination.ts";
import type { HeartBeat } from "./heart-beat.ts";
import type { Limits } from "./limits.ts";
import type { Authenticate } from "./login.ts";
import type { Message } from "./message.ts";
import type { Policy } from "./policy.ts";
import type { ProtocolError } from "./protocol-error.ts";

/** How deliveries are acknowledged (STOMP 1.2 "SUBSCRIBE ack Header"). */
export const ackModes = ["auto", "client", "client-individual"] as const;
/** One of them. */
export type AckMode = (typeof ackModes)[number];

/** One consumer's interest in a destination. */
export interface Subscription {
  /** Unique within the connection. STOMP 1.0 may leave it out: then the destination stands for it. */
  readonly id: string;
  readonly labelled: boolean;
  readonly destination: Destination;
  readonly ack: AckMode;
  /** How many deliveries may wait for their acknowledgement. */
  readonly prefetch: number;
  /** The name under which messages are kept while the subscriber is away. */
  readonly durable: string | undefined;
}

/** What waits for its COMMIT (STOMP 1.2 "BEGIN"). */
export interface Transaction {
  readonly effects: readonly TransactedEffect[];
  readonly weight: number;
}

/** One connection that has logged in. */
export interface Connected {
  readonly state: "connected";
  readonly login: string;
  readonly version: Version;
  readonly clientId: string | undefined;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  readonly transactions: ReadonlyMap<string, Transaction>;
}

/** What the broker knows of one connection. */
export type Session = { readonly state: "new" } | Connected | { readonly state: "ended" };

/** What a transaction may hold back (STOMP 1.2 "BEGIN": messages sent and acknowledged). */
export type TransactedEffect =
  | { readonly do: "send"; readonly message: Message }
  | { readonly do: "settle"; readonly delivery: string; readonly taken: boolean };

/** The client has logged in. */
export interface Opening {
  readonly say: "connected";
  readonly session: Connected;
  readonly frame: Frame;
  readonly heartBeat: HeartBeat;
}

/** What a frame asks of topics and queues. */
export type Effect =
  | TransactedEffect
  | { readonly do: "subscribe"; readonly subscription: Subscription }
  | { readonly do: "unsubscribe"; readonly id: string }
  | { readonly do: "forget"; readonly durable: string };

/** What the client is told when the effects have happened. */
export type Answer =
  | Opening
  | { readonly say: "receipt"; readonly id: string }
  | { readonly say: "refused"; readonly error: ProtocolError; readonly receipt: string | undefined }
  | {
      readonly say: "login-refused";
      readonly login: string | undefined;
      readonly receipt: string | undefined;
    }
  | { readonly say: "bye" };

/** A session after a frame, and what has to happen besides. */
export interface Outcome {
  readonly session: Session;
  readonly effects: readonly Effect[];
  readonly answers: readonly Answer[];
}

/** What decides, apart from the session and the frame. */
export interface Rules {
  readonly authenticate: Authenticate;
  readonly permits: Policy;
  readonly limits: Limits;
  readonly newId: () => string;
  /** Milliseconds since 1970, by a clock that nobody sets back. */
  readonly now: () => number;
}

/** What one command of a client that has logged in does. Throws a ProtocolError to refuse. */
export type Command = (session: Connected, frame: Frame, rules: Rules) => Outcome;
