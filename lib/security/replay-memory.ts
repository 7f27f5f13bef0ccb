import { z } from "zod";
import { commandId, type CommandId } from "../schema/names.ts";
import type { SignedCommand } from "./command.ts";
import { endOf, type Memory, placeOf, type Recorded, SKEW } from "./replay-checks.ts";

const time = z.int();

/** A line of the replay journal. */
export const journalLine = z.discriminatedUnion("line", [
  z.strictObject({
    line: z.literal("begun"),
    id: commandId,
    at: time,
    expires: time,
    stream: z.string().optional(),
    number: z.int().optional(),
  }),
  z.strictObject({ line: z.literal("ended"), id: commandId, result: z.unknown() }),
  z.strictObject({ line: z.literal("latest"), stream: z.string(), number: z.int() }),
  z.strictObject({ line: z.literal("time"), at: time }),
]);
export type JournalLine = z.infer<typeof journalLine>;
type Begun = Extract<JournalLine, { line: "begun" }>;

/** The line to write before a command runs. */
export const begunLine = (command: SignedCommand, now: Date): Begun => ({
  line: "begun",
  id: command.id,
  at: now.getTime(),
  expires: endOf(command),
  ...placeOf(command),
});

/** What the lines of a replay journal come to. */
export class ReplayMemory implements Memory {
  readonly #begun = new Map<CommandId, Begun>();
  readonly #results = new Map<CommandId, unknown>();
  readonly #latest = new Map<string, number>();
  #highWater = 0;

  get highWater(): number {
    return this.#highWater;
  }

  /** How many commands are remembered. */
  get size(): number {
    return this.#begun.size;
  }

  readonly recall = (id: CommandId): Recorded | undefined => {
    if (!this.#begun.has(id)) return undefined;
    return this.#results.has(id) ? { state: "ended", result: this.#results.get(id) } : { state: "begun" };
  };

  readonly latest = (stream: string): number | undefined => this.#latest.get(stream);

  apply(line: JournalLine): void {
    switch (line.line) {
      case "begun":
        this.#begun.set(line.id, line);
        this.#passed(line.at);
        if (line.stream !== undefined && line.number !== undefined) this.#reached(line.stream, line.number);
        break;
      case "ended":
        if (this.#begun.has(line.id)) this.#results.set(line.id, line.result);
        break;
      case "latest":
        this.#reached(line.stream, line.number);
        break;
      case "time":
        this.#passed(line.at);
        break;
    }
  }

  /**
   * Forgets what no clock can bring back: by the time of what was accepted, never by a clock that may be wrong.
   * Whatever is forgotten here is refused from now on as expired, or with E_CLOCK.
   */
  forget(): void {
    for (const [id, { expires }] of this.#begun) {
      if (expires + 2 * SKEW >= this.#highWater) continue;
      this.#begun.delete(id);
      this.#results.delete(id);
    }
  }

  /** The fewest lines that come to the same. */
  *lines(): Generator<JournalLine> {
    yield { line: "time", at: this.#highWater };
    for (const [stream, number] of this.#latest) yield { line: "latest", stream, number };
    yield* this.#begun.values();
    for (const [id, result] of this.#results) yield { line: "ended", id, result };
  }

  #passed(at: number): void {
    this.#highWater = Math.max(this.#highWater, at);
  }

  #reached(stream: string, number: number): void {
    this.#latest.set(stream, Math.max(this.#latest.get(stream) ?? 0, number));
  }
}
