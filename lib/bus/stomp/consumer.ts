import { attempt } from "../attempt.ts";
import type { Interest, Receive } from "../bus.ts";
import type { Log } from "../../log.ts";
import type { Connection, Handed } from "./connection.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** How much news waits for a slow receiver, in bytes, before the oldest is dropped. Of the rest, the broker sends little ahead. */
const MOST_NEWS = 16 * 1024 * 1024;

interface ConsumerOptions {
  readonly id: string;
  readonly interest: Interest;
  readonly receive: Receive;
  /** How long what was refused twice rests before it is given back, in milliseconds. */
  readonly patience: number;
  readonly log: Log;
}

/** One subscription through all connections: takes so many deliveries at once as its interest says. */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #id: string;
  readonly #isNews: boolean;
  readonly #waiting: WaitingRoom;
  readonly #stopping = new AbortController();
  readonly #inHand = new Set<Promise<void>>();
  /** Answers that wait for the last delivery in hand: given earlier, they would bring new deliveries. */
  readonly #answers: (() => void)[] = [];
  #connection: Connection | undefined;
  /** Stands for the time from one SUBSCRIBE to the next. */
  #term = {};
  #isOverrun = false;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#id = `${options.interest.kind}-${options.id}`;
    this.#isNews = options.interest.kind === "news";
    this.#waiting = new WaitingRoom(this.#isNews ? MOST_NEWS : Number.POSITIVE_INFINITY);
  }

  /** Subscribes on a connection; resolves on the broker's receipt. */
  async attach(connection: Connection): Promise<void> {
    this.detach();
    this.#connection = connection;
    const term = this.#term;
    await connection.subscribe(this.#id, this.#options.interest, (handed) => {
      this.#came(this.#isNews ? handed : { ...handed, ...this.#answersFor(handed, term) });
    });
  }

  /** The connection is lost, and with it what waits and was not acknowledged: it will come again. */
  detach(): void {
    this.#connection = undefined;
    this.#term = {};
    if (!this.#isNews) this.#waiting.empty();
  }

  /** Takes nothing more. With nothing in hand it resolves once the broker has confirmed; otherwise the rest follows later. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#inHand.size === 0) await this.#leave();
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    while (this.#inHand.size > 0) await Promise.all(this.#inHand);
  }

  /** What came in an earlier term is with the broker again: there is nothing to answer. */
  #answersFor({ ack, nack }: Handed, term: object): Pick<Handed, "ack" | "nack"> {
    const inTerm = (answer: () => void) => () => {
      if (this.#term === term) answer();
    };
    const givesBack = this.#connection?.dialect.nackGivesBack ?? true;
    return { ack: inTerm(ack), nack: inTerm(givesBack ? nack : () => void this.#renew()) };
  }

  #came(handed: Handed): void {
    const lost = this.#waiting.add(handed);
    if (lost > 0 && !this.#isOverrun) {
      const { destination } = this.#options.interest;
      this.#options.log.warn(
        { destination },
        `${destination} comes faster than it is handled: the oldest is dropped`,
      );
    }
    this.#isOverrun ||= lost > 0;
    this.#next();
  }

  #next(): void {
    while (!this.isStopping && this.#inHand.size < this.#options.interest.concurrency) {
      const handed = this.#waiting.next();
      if (handed === undefined) {
        this.#isOverrun = false;
        return;
      }
      const handling = this.#handle(handed).then(() => {
        this.#inHand.delete(handling);
        if (!this.isStopping) this.#next();
        else if (this.#inHand.size === 0) void this.#leave();
      });
      this.#inHand.add(handling);
    }
  }

  async #handle({ delivery, ack, nack }: Handed): Promise<void> {
    const { receive, patience } = this.#options;
    const taken = await attempt(delivery, receive, { patience, hurry: this.#stopping.signal });
    if (this.#isNews) return;
    const answer = taken ? ack : () => this.#giveBack(nack);
    if (this.isStopping) this.#answers.push(answer);
    else answer();
  }

  /** Gives back a delivery, and after it those that wait: so they come again in their order. */
  #giveBack(nack: () => void): void {
    nack();
    for (const handed of this.#waiting.empty()) handed.nack();
  }

  /** Gives back where a NACK would not: what a subscription has in hand when it ends comes again on the next. */
  async #renew(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || this.isStopping) return;
    this.#term = {};
    try {
      await connection.unsubscribe(this.#id);
      if (!this.isStopping) await this.attach(connection);
    } catch {
      // The connection is lost; the subscription is made anew on the next one.
    }
  }

  async #leave(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { unanswered } = connection.dialect;
    const answers = this.#answers.splice(0);
    const waiting = this.#waiting.empty();
    if (!this.#isNews && unanswered !== "given-back") answers.push(...waiting.map(({ nack }) => nack));
    const answerAll = (): void => {
      for (const answer of answers) answer();
      this.detach();
    };
    if (unanswered !== "answerable") answerAll();
    // Where the connection is lost, the subscription is gone with it.
    const left = connection.unsubscribe(this.#id).catch(() => undefined);
    // Each answer brings the next delivery, as long as there is a subscription.
    if (unanswered === "answerable") answerAll();
    await left;
  }
}
