/** How much the broker takes from any one client, and how long it waits for it. Sizes in bytes, times in milliseconds. */
export interface Limits {
  /** Headers in one frame. */
  readonly headers: number;
  /** One header line. */
  readonly headerLine: number;
  /** The command line and all headers of one frame. */
  readonly headerBytes: number;
  /** The body of one frame. */
  readonly body: number;
  /** Either part of a frame, until the client has logged in. */
  readonly beforeConnected: number;
  /** Time to log in. */
  readonly connectDeadline: number;
  /** Time for a frame to arrive, from its first byte to its last. */
  readonly frameDeadline: number;
  /** How long a refused login waits for its answer; doubled with each further one from the same address. */
  readonly loginDelay: number;
  /** Connections from one address. */
  readonly connectionsPerAddress: number;
  /** Connections in all. */
  readonly connections: number;
  /** What may wait to be written to one client; one that reads more slowly is disconnected. */
  readonly writeBuffer: number;
  /** What may wait for one subscription to a topic that acknowledges; one that leaves more untaken is disconnected. */
  readonly passing: number;
  /** The shortest time between heart-beats that the broker agrees to. */
  readonly heartBeat: number;
  /** Heart-beats that a client may send in one second. */
  readonly beatsPerSecond: number;
  /** Subscriptions of one connection. */
  readonly subscriptions: number;
  /** Open transactions of one connection. */
  readonly transactions: number;
  /** What the open transactions of one connection may hold. */
  readonly transactionBytes: number;
  /** What one queue or durable subscription may hold. A queue takes no more then; a durable subscription loses its oldest. */
  readonly mailbox: number;
  /** How often a message may be given back, by its consumers or by their end, before it becomes a dead letter. */
  readonly returns: number;
  /** What all queues and durable subscriptions may hold together. */
  readonly held: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The limits of a broker that is told no others. */
export const defaultLimits: Limits = {
  headers: 128,
  headerLine: 16 * KIB,
  headerBytes: 64 * KIB,
  body: MIB,
  beforeConnected: 8 * KIB,
  connectDeadline: 10_000,
  frameDeadline: 30_000,
  loginDelay: 1_000,
  connectionsPerAddress: 64,
  connections: 2_000,
  writeBuffer: 4 * MIB,
  passing: 16 * MIB,
  heartBeat: 1_000,
  beatsPerSecond: 100,
  subscriptions: 1_000,
  transactions: 16,
  transactionBytes: 16 * MIB,
  mailbox: 64 * MIB,
  returns: 20,
  held: 256 * MIB,
};
