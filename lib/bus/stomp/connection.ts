import { Client, type IMessage, Versions } from "@stomp/stompjs";
import { type Failure, reasonOf } from "../../failure.ts";
import { type BrokerAddress, nameOf } from "../address.ts";
import type { Delivery, Interest, Outgoing } from "../bus.ts";
import { connectHeaders, type ConnectionOptions } from "./connection-options.ts";
import { destinationIn, type Dialect, dialectOf, subscribeHeaders } from "./dialect.ts";
import { brokenBy, lost, refusedConnect, refusedFrame, textOf } from "./errors.ts";
import { headersOf, type WireFrame } from "./frames.ts";
import { deliveryOf, sendHeaders } from "./message.ts";
import { type Receipts, receipts } from "./receipts.ts";
import { type BrokerSocket, openSocket } from "./socket.ts";

/** A delivery with the answers to it. Once the connection is lost they go nowhere: the broker redelivers. */
export interface Handed {
  readonly delivery: Delivery;
  readonly ack: () => void;
  readonly nack: () => void;
}

/** One connection to one broker, until it ends. What it promised is rejected then. */
export class Connection {
  /** Which broker, for people. */
  readonly broker: string;
  /** Resolves with the reason, however it ends. */
  readonly closed: Promise<Failure>;
  readonly #opened: Promise<void>;
  readonly #client: Client;
  readonly #socket: BrokerSocket;
  readonly #receipts: Receipts;
  readonly #closeTimeout: number;
  #tellClosed!: (why: Failure) => void;
  #dialect = dialectOf();
  #ended: Failure | undefined;

  constructor(address: BrokerAddress, socket: BrokerSocket, options: ConnectionOptions) {
    this.broker = nameOf(address);
    this.#socket = socket;
    this.#closeTimeout = options.closeTimeout;
    this.#receipts = receipts(options.receiptTimeout, () => this.#lose("it confirms nothing any more"));
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve));
    this.#client = new Client({
      webSocketFactory: () => socket,
      connectHeaders: { ...connectHeaders(address, options) },
      stompVersions: new Versions([Versions.V1_2]),
      heartbeatIncoming: options.heartbeat,
      heartbeatOutgoing: options.heartbeat,
      // One client is one connection: when and where to connect anew is decided elsewhere.
      reconnectDelay: 0,
      discardWebsocketOnCommFailure: true,
      onHeartbeatLost: () => this.#lose("its heart-beat stopped"),
      onWebSocketClose: ({ reason }: { reason: string }) => this.#lose(reason),
      onUnhandledReceipt: ({ headers }) => this.#receipts.confirm(headers["receipt-id"] ?? ""),
      onUnhandledFrame: ({ command }) => this.#end(brokenBy(this.broker, `it sent ${command}`)),
      onUnhandledMessage: (message) => this.#late(message),
      onStompError: () => this.#broken(socket.current()),
    });
    this.#opened = new Promise((resolve) => {
      this.#client.onConnect = ({ headers }) => {
        this.#dialect = dialectOf(headers["server"]);
        resolve();
      };
    });
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** Resolves on CONNECTED. */
  async open(timeout: number, signal: AbortSignal): Promise<void> {
    const late = setTimeout(() => this.#lose(`it did not answer within ${timeout} ms`), timeout);
    const giveUp = (): void => this.#lose("it is not wanted any more");
    signal.addEventListener("abort", giveUp);
    this.#client.activate();
    const failure = await Promise.race([this.#opened, this.closed]);
    clearTimeout(late);
    signal.removeEventListener("abort", giveUp);
    if (failure !== undefined) throw failure;
  }

  /** Resolves on the broker's receipt. */
  async send({ destination, headers, body, persistent }: Outgoing): Promise<void> {
    await this.#confirmed((receipt) =>
      this.#client.publish({
        destination,
        headers: { ...sendHeaders(headers, persistent), receipt },
        binaryBody: body,
      }),
    );
  }

  /** Resolves on the broker's receipt. */
  async subscribe(id: string, interest: Interest, take: (handed: Handed) => void): Promise<void> {
    await this.#confirmed((receipt) =>
      this.#client.subscribe(
        destinationIn(this.dialect, interest),
        (message) => take(this.#handed(message)),
        { ...subscribeHeaders(interest), id, receipt },
      ),
    );
  }

  /** Resolves on the broker's receipt. What is durable stays. */
  async unsubscribe(id: string): Promise<void> {
    await this.#confirmed((receipt) => this.#client.unsubscribe(id, { receipt }));
  }

  /** Leaves politely, as far as the broker lets us. */
  async close(): Promise<void> {
    const force = setTimeout(() => this.#lose("it did not let us leave in time"), this.#closeTimeout);
    await this.#client.deactivate();
    clearTimeout(force);
    this.#lose("the connection was closed");
  }

  /** Ends it without a word. */
  abandon(): void {
    this.#lose("it did not confirm everything in time");
  }

  async #confirmed(transmit: (receipt: string) => void): Promise<void> {
    // It never went out: nobody may take this for a refusal of it.
    if (this.#ended !== undefined) throw lost(this.broker, "the connection has ended");
    const { id, confirmed } = this.#receipts.next();
    try {
      transmit(id);
    } catch (error) {
      this.#lose(reasonOf(error));
    }
    await confirmed;
  }

  #handed({ ack, nack }: IMessage): Handed {
    const answer = (say: () => void) => () => {
      if (this.#ended === undefined && this.#client.connected) say();
    };
    return { delivery: deliveryOf(this.#socket.current()), ack: answer(ack), nack: answer(nack) };
  }

  /** A delivery that crossed the end of its subscription on the way. */
  #late({ headers, nack }: IMessage): void {
    const { unanswered } = this.dialect;
    if (headers["subscription"]?.startsWith("news-") === true || unanswered === "given-back") return;
    if (unanswered === "answerable") nack();
    else this.#lose("it holds a message for a subscription that has ended");
  }

  #broken(frame: WireFrame): void {
    const said = textOf(frame);
    if (!this.#client.connected) return this.#end(refusedConnect(this.broker, said));
    const { "receipt-id": receipt } = headersOf(frame);
    if (receipt === undefined) return this.#end(brokenBy(this.broker, said));
    this.#receipts.refuse(receipt, refusedFrame(this.broker, said));
    return this.#lose(`it ended the connection over one frame: ${said}`);
  }

  #lose(why: string): void {
    this.#end(lost(this.broker, why));
  }

  /** For us it ends at once, whenever the socket may notice. */
  #end(why: Failure): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#receipts.refuseAll(why);
    // Whoever waits for a receipt hears of it first: nothing of this connection is open when its end is told.
    setImmediate(() => this.#tellClosed(why));
    this.#socket.discard(why.message);
  }
}

/**
 * Connects to a broker.
 * @throws {Failure} BROKER_UNREACHABLE, BROKER_ERROR or, permanently, BROKER_REFUSED
 */
export async function openConnection(
  address: BrokerAddress,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const connection = new Connection(address, await openSocket(address, options), options);
  await connection.open(options.connectionTimeout, signal);
  return connection;
}
