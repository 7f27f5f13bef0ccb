import type { CommandId } from "../schema/names.ts";
import type { Check } from "./check.ts";
import { isAboutAccess, isAuthorisation, type SignedCommand } from "./command.ts";

/** How far two clocks may differ, in milliseconds. */
export const SKEW = 30_000;
const MOST_BACKWARDS = 2 * SKEW;

/** What is known of a command that was accepted. `begun`: it has not ended, or was interrupted. */
export type Recorded = { readonly state: "begun" } | { readonly state: "ended"; readonly result: unknown };

/** What a host remembers of the commands that it accepted. Times are milliseconds since 1970. */
export interface Memory {
  /** The latest time at which a command was accepted. */
  readonly highWater: number;
  readonly recall: (id: CommandId) => Recorded | undefined;
  /** The number of the last command of a stream. */
  readonly latest: (stream: string) => number | undefined;
}

/** A command's place in a stream of commands that a host takes only in one direction. */
interface Place {
  readonly stream: string;
  readonly number: number;
}

/**
 * Authorisations are numbered one by one, for each app and environment; orders carry the number of the orchestrator's lease;
 * what is said of a login is numbered one by one.
 */
export function placeOf(command: SignedCommand): Place | undefined {
  if (isAboutAccess(command))
    return { stream: `access ${command.site}/${command.user}`, number: command.seq };
  const where = `${command.app}/${command.environment}`;
  if (isAuthorisation(command)) return { stream: `deploy ${where}`, number: command.seq };
  return command.kind === "cancel" ? undefined : { stream: `go ${where}`, number: command.fence };
}

/** Until when a command may be accepted, in milliseconds since 1970. */
export const endOf = (command: SignedCommand): number =>
  1_000 * ((isAuthorisation(command) ? command.until : undefined) ?? command.exp);

interface Evidence {
  readonly command: SignedCommand;
  readonly now: Date;
  readonly memory: Memory;
}

/** The questions that only a memory of what was accepted can answer. */
export const replayChecks: readonly Check<Evidence>[] = [
  {
    name: "clock",
    code: "E_CLOCK",
    // What expired is forgotten: with a clock set back, a forgotten command would look new.
    objection: ({ now, memory }) =>
      now.getTime() < memory.highWater - MOST_BACKWARDS
        ? `a command was accepted at ${new Date(memory.highWater).toISOString()}, which is yet to come`
        : undefined,
  },
  {
    name: "replay",
    code: "E_REPLAY",
    objection: ({ command, memory }) =>
      memory.recall(command.id) === undefined ? undefined : `${command.id} was accepted before`,
  },
  {
    name: "order",
    code: "E_OLD",
    objection: ({ command, memory }) => {
      const { stream, number } = placeOf(command) ?? { stream: "", number: 0 };
      const latest = memory.latest(stream) ?? -1;
      const isNew = isAuthorisation(command) || isAboutAccess(command);
      const passes = isNew ? number > latest : number >= latest;
      return passes ? undefined : `${number} is not after ${latest}, the last one accepted`;
    },
  },
];
