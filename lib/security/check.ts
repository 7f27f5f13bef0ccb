import type { Code } from "../codes.ts";
import { Failure } from "../failure.ts";

/** One of the questions that a command must stand, in their order. */
export interface Check<Evidence> {
  readonly name: string;
  readonly code: Code;
  /** Why the evidence does not pass; nothing where it does. */
  readonly objection: (evidence: Evidence) => string | undefined;
}

/**
 * Puts the questions one after the other.
 * @throws {Failure} with the code of the first that is not passed
 */
export function insist<Evidence>(checks: readonly Check<Evidence>[], evidence: Evidence): void {
  for (const { code, objection } of checks) {
    const why = objection(evidence);
    if (why !== undefined) throw new Failure(code, `Cannot accept the command: ${why}`);
  }
}
