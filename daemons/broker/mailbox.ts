import { createHash } from "node:crypto";
import { Backlog } from "./backlog.ts";
import { type Message, weightOf } from "./message.ts";

/** One message in one mailbox: it waits, or is with a taker who has not acknowledged it. */
export interface Letter {
  /** The message-id of its deliveries: the same each time, and no other letter's. */
  readonly id: string;
  readonly message: Message;
  readonly mailbox: Mailbox;
  readonly order: number;
  readonly redelivered: boolean;
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
  readonly exceeded: () => void;
}

interface Options {
  /** A queue's own destination, or the name of a durable subscription. */
  readonly name: string;
  /** Whether what is in it outlives the broker. */
  readonly durable: boolean;
  /** Told of every letter's weight. */
  readonly tally: Tally;
  /** Tells the letters of a message in several mailboxes apart. */
  readonly mark?: string;
  readonly bound?: Bound;
}

/** Letters for whoever takes them: each letter goes to one taker at a time, the takers by turns. */
export class Mailbox {
  readonly name: string;
  readonly durable: boolean;
  readonly #tally: Tally;
  readonly #mark: string;
  readonly #bound: Bound | undefined;
  readonly #backlog = new Backlog<Letter>();
  readonly #takers: Taker[] = [];
  #turn = 0;
  #order = 0;
  #weight = 0;
  #dissolved = false;

  constructor({ name, durable, tally, mark = "", bound }: Options) {
    this.name = name;
    this.durable = durable;
    this.#tally = tally;
    this.#mark = mark;
    this.#bound = bound;
  }

  /** Whether it could be forgotten without a loss. */
  get idle(): boolean {
    return this.#takers.length === 0 && this.#weight === 0;
  }

  put(message: Message): void {
    if (this.#dissolved) return;
    const id = message.id + this.#mark;
    const order = this.#order++;
    this.#weigh(weightOf(message));
    this.#backlog.add({ id, message, mailbox: this, order, redelivered: false });
    this.pump();
    if (this.#bound !== undefined && this.#weight > this.#bound.most) this.#bound.exceeded();
  }

  /** Letters whose takers have gone or refused them: they go out again, marked as such. */
  giveBack(letters: readonly Letter[]): void {
    if (this.#dissolved) return;
    this.#backlog.giveBack(letters.map((letter) => ({ ...letter, redelivered: true })));
    this.pump();
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
    while (this.#backlog.size > 0) {
      const taker = this.#nextTaker();
      const letter = taker && this.#backlog.take();
      if (taker === undefined || letter === undefined) return;
      taker.take(letter);
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
