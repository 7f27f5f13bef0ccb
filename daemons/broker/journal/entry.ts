import type { Message } from "../message.ts";

/** One line of the journal: what must outlive the broker. */
export type Entry =
  | { readonly kind: "message"; readonly message: Message; readonly mailboxes: readonly string[] }
  | { readonly kind: "settled"; readonly message: string; readonly mailbox: string }
  | { readonly kind: "subscribed"; readonly durable: string; readonly destination: string }
  | { readonly kind: "forgotten"; readonly durable: string };

/** Where entries are written. Those of one call are kept together or not at all. */
export interface Journal {
  /** Calls back in the order of the calls: when the entries, if any, are safe, or with the reason why they are not. */
  append(entries: readonly Entry[], done: (error?: Error) => void): void;
  /** Writes what waits, and ends. */
  close(): Promise<void>;
}

/** For a broker that keeps nothing: what it is told is as safe as it will ever be. */
export const memoryJournal: Journal = {
  append: (_entries, done) => done(),
  close: () => Promise.resolve(),
};
