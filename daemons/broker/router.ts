import type { Consumer } from "./consumer.ts";
import { type Destination, readDestination } from "./destination.ts";
import { deadLetter } from "./dead-letter.ts";
import type { Entry, Journal } from "./journal/entry.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { type Letter, Mailbox, type MailboxOptions, markOf, type Tally } from "./mailbox.ts";
import { type Message, weightOf } from "./message.ts";
import { ProtocolError } from "./protocol-error.ts";
import { Trie } from "./trie.ts";

/** Whoever hears what is sent to a topic. */
export interface Listener {
  put(message: Message): void;
}

/** Where one message goes: what must be journalled first, and the handing over. */
interface Route {
  readonly entries: readonly Entry[];
  readonly deliver: () => void;
}

interface Durable {
  readonly mailbox: Mailbox;
  readonly destination: Destination;
  /** Whether the journal knows of it. */
  recorded: boolean;
}

/** A durable subscription that somebody opens: what must be journalled, and what to call when it has been. */
interface OpenedDurable {
  readonly mailbox: Mailbox;
  readonly entries: readonly Entry[];
  readonly recorded: () => void;
}

/** What the router needs of the broker. */
interface Options {
  readonly limits: Pick<Limits, "held" | "passing" | "mailbox" | "returns">;
  readonly journal: Journal;
  /** The queue of what is given back too often. */
  readonly deadLetters: string;
  readonly newId: () => string;
  readonly now: () => number;
  readonly log: Log;
}

/** Who gets what: topics, queues and durable subscriptions. */
export class Router {
  readonly #topics = new Trie<Listener>();
  readonly #queues = new Map<string, Mailbox>();
  readonly #durables = new Map<string, Durable>();
  readonly #tally: Tally = { held: 0 };
  readonly #options: Options;
  /** What holds for every mailbox. */
  readonly #rules: Pick<MailboxOptions, "tally" | "returns" | "now" | "expired">;
  /** Nobody who is away may keep others from sending: what has waited longest goes. */
  readonly #dropping: MailboxOptions["bound"];
  readonly #dead: Destination;
  /** Those that were told to be too full, and still are. */
  readonly #overrun = new WeakSet<Mailbox>();
  #passed = 0;

  constructor(options: Options) {
    const { limits, now, deadLetters } = options;
    this.#options = options;
    this.#dead = readDestination(deadLetters);
    const expired = (letter: Letter) => this.spend(letter);
    this.#rules = { tally: this.#tally, returns: limits.returns, now, expired };
    this.#dropping = { most: limits.mailbox, exceeded: (mailbox) => this.#drop(mailbox) };
  }

  get held(): number {
    return this.#tally.held;
  }

  route(message: Message): Route {
    const listeners = this.#listeners(message.destination);
    const keeping = listeners.filter((each) => each instanceof Mailbox).filter(({ durable }) => durable);
    if (keeping.length > 0) this.#refuseTooMuch(message, keeping);
    const mailboxes = message.persistent ? keeping.map(({ name }) => name) : [];
    return {
      entries: mailboxes.length === 0 ? [] : [{ kind: "message", message, mailboxes }],
      // A queue is looked up again: one that was empty may have been forgotten while the journal was written.
      deliver: () =>
        message.destination.kind === "queue"
          ? this.queue(message.destination).put(message)
          : listeners.forEach((listener) => listener.put(message)),
    };
  }

  /** The mailbox of a queue, made when it is first spoken of. */
  queue({ name }: Destination): Mailbox {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    // A dead letter stays one, and there is always room for another.
    const dead = name === this.#dead.name;
    const bound = dead ? { bound: this.#dropping } : {};
    const rules = dead ? { ...this.#rules, returns: Number.POSITIVE_INFINITY } : this.#rules;
    const mailbox = new Mailbox({ name, durable: true, ...rules, ...bound });
    this.#queues.set(name, mailbox);
    return mailbox;
  }

  /** Opens a durable subscription, new or known; a new destination takes the place of its former one. */
  durable(name: string, destination: Destination): OpenedDurable {
    const former = this.#durables.get(name);
    const durable =
      former?.destination.name === destination.name ? former : this.#bind(name, destination, former);
    const entry: Entry = { kind: "subscribed", durable: name, destination: destination.name };
    return {
      mailbox: durable.mailbox,
      entries: durable.recorded ? [] : [entry],
      recorded: () => {
        durable.recorded = true;
      },
    };
  }

  /** Deletes a durable subscription, with all that it holds. */
  forget(name: string): readonly Entry[] {
    const known = this.#durables.get(name);
    if (known === undefined) return [];
    this.#durables.delete(name);
    this.ignore(known.destination, known.mailbox);
    known.mailbox.dissolve();
    return [{ kind: "forgotten", durable: name }];
  }

  /** A mailbox of one subscription alone, which is gone with it; `exceeded` is called when it holds too much. */
  passing(destination: Destination, exceeded: () => void): Mailbox {
    const mark = `-p${(this.#passed++).toString(36)}`;
    const bound = { most: this.#options.limits.passing, exceeded };
    const mailbox = new Mailbox({ name: mark, durable: false, mark, bound, ...this.#rules });
    this.listen(destination, mailbox);
    return mailbox;
  }

  listen({ words }: Destination, listener: Listener): void {
    this.#topics.add(words, listener);
  }

  ignore({ words }: Destination, listener: Listener): void {
    this.#topics.remove(words, listener);
  }

  leave(consumer: Consumer): void {
    consumer.mailbox.detach(consumer);
    this.#tidy(consumer.mailbox);
  }

  /** A letter was acknowledged: it will not be handed out again. */
  settle(letter: Letter): void {
    const { mailbox } = letter;
    mailbox.settle(letter);
    if (mailbox.weight < this.#options.limits.mailbox / 2) this.#overrun.delete(mailbox);
    this.#tidy(mailbox);
  }

  /** A letter is done with, and nobody waits for its end. */
  spend(letter: Letter): void {
    this.settle(letter);
    const entries = settlement(letter);
    if (entries.length > 0) this.#options.journal.append(entries, () => undefined);
  }

  /** Letters whose taker refused them, or has gone: they go to others, or to the dead letters where that happened too often. */
  giveBack(mailbox: Mailbox, letters: readonly Letter[]): void {
    for (const letter of mailbox.giveBack(letters)) this.#bury(letter);
  }

  /** Takes over what a former broker left. */
  restore(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      if (entry.kind === "subscribed")
        this.durable(entry.durable, readDestination(entry.destination)).recorded();
      if (entry.kind !== "message") continue;
      for (const name of entry.mailboxes) this.#named(name)?.put(entry.message, true);
    }
  }

  #named(name: string): Mailbox | undefined {
    return name.startsWith("/") ? this.queue(readDestination(name)) : this.#durables.get(name)?.mailbox;
  }

  #bind(name: string, destination: Destination, former: Durable | undefined): Durable {
    const mailbox =
      former?.mailbox ??
      new Mailbox({ name, durable: true, mark: markOf(name), bound: this.#dropping, ...this.#rules });
    if (former !== undefined) this.ignore(former.destination, mailbox);
    this.listen(destination, mailbox);
    const durable = { mailbox, destination, recorded: false };
    this.#durables.set(name, durable);
    return durable;
  }

  #listeners(destination: Destination): readonly Listener[] {
    if (destination.kind === "queue") return [this.queue(destination)];
    return this.#topics.matching(destination.words);
  }

  #refuseTooMuch(message: Message, keeping: readonly Mailbox[]): void {
    const { held, mailbox } = this.#options.limits;
    const weight = weightOf(message);
    if (this.held + weight > held)
      throw new ProtocolError(
        `the broker holds ${this.held} bytes for those who are away, and takes no more`,
      );
    const { kind, name } = message.destination;
    if (
      kind === "queue" &&
      name !== this.#dead.name &&
      keeping.some((each) => each.weight + weight > mailbox)
    )
      throw new ProtocolError(`${name} is full: nobody takes the ${mailbox} bytes that it may hold`);
  }

  #drop(mailbox: Mailbox): void {
    const { limits, log } = this.#options;
    if (!this.#overrun.has(mailbox)) log({ level: "warn", event: "messages.dropped", mailbox: mailbox.name });
    this.#overrun.add(mailbox);
    while (mailbox.weight > limits.mailbox) {
      const oldest = mailbox.giveUpOldest();
      if (oldest === undefined) return;
      this.spend(oldest);
    }
  }

  #bury(letter: Letter): void {
    const { journal, newId, log } = this.#options;
    const message = deadLetter(letter, this.#dead, newId());
    const { mailbox } = letter;
    log({ level: "warn", event: "message.dead", mailbox: mailbox.name, returns: letter.returns });
    const entries: readonly Entry[] = message.persistent
      ? [{ kind: "message", message, mailboxes: [this.#dead.name] }, ...settlement(letter)]
      : settlement(letter);
    journal.append(entries, (error) => {
      if (error !== undefined) {
        mailbox.takeBack([letter]);
        return;
      }
      this.settle(letter);
      this.queue(this.#dead).put(message);
    });
  }

  #tidy(mailbox: Mailbox): void {
    if (mailbox.idle && this.#queues.get(mailbox.name) === mailbox) this.#queues.delete(mailbox.name);
  }
}

/** What the journal must know when a letter is acknowledged. */
export function settlement({ message, mailbox }: Letter): readonly Entry[] {
  const kept = message.persistent && mailbox.durable;
  return kept ? [{ kind: "settled", message: message.id, mailbox: mailbox.name }] : [];
}
