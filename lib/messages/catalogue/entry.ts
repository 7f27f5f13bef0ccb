import { z } from "zod";

/**
 * How a message travels: *news* fans out; *durable* news also reaches a named subscriber that was away;
 * *work* goes to exactly one taker, and comes back if the taker dies.
 */
export type Kind = "news" | "durable" | "work";

interface Entry<Schema extends z.ZodType> {
  readonly summary: string;
  readonly kind: Kind;
  /** Where it goes, below the prefix. `{host}` stands for the host that it is for. */
  readonly destination: string;
  readonly data: Schema;
  /** All that tells this message from another of its type: its id is derived from it. */
  readonly identity: (data: z.infer<Schema>) => readonly (string | number)[];
  /** One line for people. */
  readonly line: (data: z.infer<Schema>) => string;
}

/** Makes an entry: the type of its data flows into its functions. */
export const entry = <Schema extends z.ZodType>(definition: Entry<Schema>): Entry<Schema> => definition;

/** Text of at most so many characters. */
export const text = (most: number) => z.string().max(most);
export const instant = z.iso.datetime({ offset: true });
export const lines = z.array(text(4_100)).max(1_000);
export const seconds = z.number().min(0);
export const sequence = z.int().min(0).describe("Counts up, so that lines can be put in order.");
/** What stood in the way, where something did. */
export const problem = {
  code: text(40).optional().describe("What went wrong, as one of the error codes."),
  reason: text(8_000).optional().describe("What went wrong, for people."),
};

/** A number of things, in words. */
export const counted = (count: number, what: string, many = `${what}s`): string =>
  `${count} ${count === 1 ? what : many}`;

/** The first line of a text, for a line of ours. */
export function firstLine(said: string): string {
  return said.slice(0, 200).split("\n", 1)[0] ?? "";
}
