import { attempt } from "../attempt.ts";
import type { Interest, Receive } from "../bus.ts";
import type { Connection, Handed } from "./connection.ts";

/** One subscription through all connections: takes so many deliveries at once as its interest says. */
export class Consumer {
  readonly interest: Interest;
  readonly #id: string;
  readonly #receive: Receive;
  readonly #patience: number;
  readonly #stopping = new AbortController();
  readonly #inHand = new Set<Promise<void>>();
  /** Answers that wait for the last delivery in hand: given earlier, they would bring new deliveries. */
  readonly #answers: (() => void)[] = [];
  #waiting: Handed[] = [];
  #connection: Connection | undefined;

  constructor(id: string, interest: Interest, receive: Receive, patience: number) {
    this.#id = `${interest.kind}-${id}`;
    this.interest = interest;
    this.#receive = receive;
    this.#patience = patience;
  }

  /** Subscribes on a connection; resolves on the broker's receipt. */
  async attach(connection: Connection): Promise<void> {
    this.#connection = connection;
    const fresh: Handed[] = [];
    this.#waiting = fresh;
    await connection.subscribe(this.#id, this.interest, (handed) => {
      fresh.push({ ...handed, ...this.#answersFor(handed, fresh) });
      this.#next();
    });
  }

  /** The connection is lost, and with it what came over it and waits: it will come again. */
  detach(): void {
    this.#connection = undefined;
    this.#waiting = [];
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

  /** What came before the subscription was made anew is with the broker again: there is nothing to answer. */
  #answersFor({ ack, nack }: Handed, batch: readonly Handed[]): Pick<Handed, "ack" | "nack"> {
    const ifCurrent = (answer: () => void) => () => {
      if (this.#waiting === batch) answer();
    };
    const givesBack = this.#connection?.dialect.nackGivesBack ?? true;
    return { ack: ifCurrent(ack), nack: ifCurrent(givesBack ? nack : () => void this.#renew()) };
  }

  #next(): void {
    while (!this.isStopping && this.#inHand.size < this.interest.concurrency) {
      const handed = this.#waiting.shift();
      if (handed === undefined) return;
      const handling = this.#handle(handed).then(() => {
        this.#inHand.delete(handling);
        if (!this.isStopping) this.#next();
        else if (this.#inHand.size === 0) void this.#leave();
      });
      this.#inHand.add(handling);
    }
  }

  async #handle({ delivery, ack, nack }: Handed): Promise<void> {
    const taken = await attempt(delivery, this.#receive, {
      patience: this.#patience,
      hurry: this.#stopping.signal,
    });
    const answer = taken || this.interest.kind === "news" ? ack : nack;
    if (this.isStopping) this.#answers.push(answer);
    else answer();
  }

  /** Gives back where a NACK would not: what a subscription has in hand when it ends comes again on the next. */
  async #renew(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || this.isStopping) return;
    this.#waiting = [];
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
    if (unanswered !== "given-back") answers.push(...this.#waiting.map(({ nack }) => nack));
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
