import { catalogue, type MessageType } from "./catalogue.ts";
import type { Kind } from "./catalogue/entry.ts";

/** How destinations are named at this site. */
export interface Topics {
  /** What every destination begins with. */
  readonly prefix: string;
  /** Whole destinations for types that live elsewhere, such as `/topic/future.git.commits`. */
  readonly overrides: Readonly<Partial<Record<MessageType, string>>>;
}

export const STANDARD_TOPICS: Topics = { prefix: "skein", overrides: {} };

/** The destination of a type of message; `host` is needed for the types that go to one host. */
export function destinationOf(type: MessageType, topics: Topics, host?: string): string {
  const { kind, destination }: { kind: Kind; destination: string } = catalogue[type];
  const named =
    topics.overrides[type] ?? `/${kind === "work" ? "queue" : "topic"}/${topics.prefix}.${destination}`;
  return named.replace("{host}", host ?? "*");
}

/** Where messages go that nobody could handle. */
export const deadLetters = (topics: Topics): string => `/queue/${topics.prefix}.dead`;
