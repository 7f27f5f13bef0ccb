import { type Message, weightOf } from "../message.ts";
import type { Entry } from "./entry.ts";

const SUBSCRIPTION = 256;

interface StoredMessage {
  readonly message: Message;
  readonly mailboxes: Set<string>;
}

/** What the journal amounts to: the same whether its entries are read back or have just been written. */
export class Stored {
  readonly #subscriptions = new Map<string, string>();
  readonly #messages = new Map<string, StoredMessage>();
  #weight = 0;

  /** Roughly how many bytes of the journal still count. */
  get weight(): number {
    return this.#weight + this.#subscriptions.size * SUBSCRIPTION;
  }

  apply(entry: Entry): void {
    switch (entry.kind) {
      case "message":
        this.#keep(entry.message, entry.mailboxes);
        break;
      case "settled":
        this.#settle(entry.message, entry.mailbox);
        break;
      case "subscribed":
        this.#subscriptions.set(entry.durable, entry.destination);
        break;
      case "forgotten":
        this.#forget(entry.durable);
        break;
    }
  }

  /** The shortest list of entries that amounts to the same. */
  *entries(): Generator<Entry, void, void> {
    for (const [durable, destination] of this.#subscriptions)
      yield { kind: "subscribed", durable, destination };
    for (const { message, mailboxes } of this.#messages.values()) {
      yield { kind: "message", message, mailboxes: [...mailboxes] };
    }
  }

  #keep(message: Message, named: readonly string[]): void {
    this.#drop(message.id);
    // A durable subscription whose own entry could not be written does not exist.
    const mailboxes = new Set(named.filter((name) => name.startsWith("/") || this.#subscriptions.has(name)));
    if (mailboxes.size === 0) return;
    this.#messages.set(message.id, { message, mailboxes });
    this.#weight += weightOf(message);
  }

  #settle(id: string, mailbox: string): void {
    const stored = this.#messages.get(id);
    stored?.mailboxes.delete(mailbox);
    if (stored?.mailboxes.size === 0) this.#drop(id);
  }

  #forget(durable: string): void {
    this.#subscriptions.delete(durable);
    for (const id of this.#messages.keys()) this.#settle(id, durable);
  }

  #drop(id: string): void {
    const stored = this.#messages.get(id);
    if (stored === undefined) return;
    this.#messages.delete(id);
    this.#weight -= weightOf(stored.message);
  }
}
