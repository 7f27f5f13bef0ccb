import { createHash } from "node:crypto";
import { Backlog } from "./backlog.ts";
import { isExpired, type Message, weightOf } from "./message.ts";

/** One message in one mailbox: it waits, or is with a taker who has not acknowledged it. */
export interface Letter {
  /** The message-id of its deliveries: the same each time, and no other letter's. */
  readonly id: string;
  readonly message: Message;
  readonly mailbox: Mailbox;
  readonly order: number;
  /** Whether somebody may have had it before. */
  readonly redelivered: boolean;
  /** How often it was given back since the broker started. */
  readonly returns: number;
}

/** Somebody who takes letters when able to. */
export interface Taker {
  willing(): boolean;
  take(letter: Letter): void;
}

/** How much all mailboxes hold together. */
export interface Tally {
  held: number;
}

/** How much a mailbox may hold, and what happens when it holds more. */
interface Bound {
  readonly most: number;
  readonly exceeded: (mailbox: Mailbox) => void;
}

/** What a mailbox is made with. */
export interface MailboxOptions {
  /** A queue's own destination, or the name of a durable subscription. */
  readonly name: string;
  /** Whether what is in it outlives the broker. */
  readonly durable: boolean;
  /** Told of every letter's weight. */
  readonly tally: Tally;
  /** Tells the letters of a message in several mailboxes apart. */
  readonly mark?: string;
  readonly bound?: Bound | undefined;
  /** How often a letter may be given back. */
  readonly returns: number;
  readonly now: () => number;
  /** Told of a letter that nobody will get, for its time is over. */
  readonly expired: (letter: Letter) => void;
}

/** Letters for whoever takes them: each letter goes to one taker at a time, the takers by turns. */
export class Mailbox {
  readonly name: string;
  readonly durable: boolean;
  readonly #tally: Tally;
  readonly #mark: string;
  readonly #bound: Bound | undefined;
  readonly #rules: Pick<MailboxOptions, "returns" | "now" | "expired">;
  readonly #backlog = new Backlog<Letter>();
  readonly #takers: Taker[] = [];
  #turn = 0;
  #order = 0;
  #weight = 0;
  #dissolved = false;

  constructor({ name, durable, tally, mark = "", bound, ...rules }: MailboxOptions) {
    this.name = name;
    this.durable = durable;
    this.#tally = tally;
    this.#mark = mark;
    this.#bound = bound;
    this.#rules = rules;
  }

  /** Whether it could be forgotten without a loss. */
  get idle(): boolean {
    return this.#takers.length === 0 && this.#weight === 0;
  }

  /** What its letters weigh, waiting or taken. */
  get weight(): number {
    return this.#weight;
  }

  /** What was there before the broker may have been with somebody: it goes out as `redelivered`. */
  put(message: Message, redelivered = false): void {
    if (this.#dissolved) return;
    const id = message.id + this.#mark;
    const order = this.#order++;
    this.#weigh(weightOf(message));
    this.#backlog.add({ id, message, mailbox: this, order, redelivered, returns: 0 });
    this.pump();
    if (this.#bound !== undefined && this.#weight > this.#bound.most) this.#bound.exceeded(this);
  }

  /**
   * Letters whose takers have gone or refused them: they go out again, marked as such. Answers with those that came back too
   * often: they do not wait any more, but count until they are settled.
   */
  giveBack(letters: readonly Letter[]): readonly Letter[] {
    if (this.#dissolved) return [];
    const returned = letters.map((each) => ({ ...each, redelivered: true, returns: each.returns + 1 }));
    this.takeBack(returned.filter(({ returns }) => returns < this.#rules.returns));
    return returned.filter(({ returns }) => returns >= this.#rules.returns);
  }

  /** Letters that wait again, as they are. */
  takeBack(letters: readonly Letter[]): void {
    if (this.#dissolved) return;
    this.#backlog.giveBack(letters);
    this.pump();
  }

  /** The oldest letter that waits does so no more; it counts until it is settled. */
  giveUpOldest(): Letter | undefined {
    return this.#backlog.take();
  }

  /** A letter has been acknowledged. */
  settle({ message }: Letter): void {
    if (!this.#dissolved) this.#weigh(-weightOf(message));
  }

  attach(taker: Taker): void {
    this.#takers.push(taker);
    this.pump();
  }

  detach(taker: Taker): void {
    const index = this.#takers.indexOf(taker);
    if (index !== -1) this.#takers.splice(index, 1);
  }

  /** Hands out what it can. To be called when a taker has become willing. */
  pump(): void {
    for (let first = this.#backlog.first; first !== undefined; first = this.#backlog.first) {
      const expired = isExpired(first.message, this.#rules.now);
      const taker = expired ? undefined : this.#nextTaker();
      if (!expired && taker === undefined) return;
      this.#backlog.take();
      if (taker === undefined) this.#rules.expired(first);
      else taker.take(first);
    }
  }

  /** Gives up all it holds. */
  dissolve(): void {
    this.#weigh(-this.#weight);
    this.#dissolved = true;
    this.#takers.length = 0;
  }

  #nextTaker(): Taker | undefined {
    for (let tried = 0; tried < this.#takers.length; tried++) {
      const taker = this.#takers[this.#turn++ % this.#takers.length];
      if (taker?.willing() === true) return taker;
    }
    return undefined;
  }

  #weigh(weight: number): void {
    this.#weight += weight;
    this.#tally.held += weight;
  }
}

/** A mark from a name: the same after a restart, and of characters that need no escaping. */
export function markOf(name: string): string {
  return `-${createHash("sha256").update(name).digest("base64url").slice(0, 12)}`;
}
