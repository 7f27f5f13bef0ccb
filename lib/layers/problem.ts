import type { Code } from "../codes.ts";
import { Failure } from "../failure.ts";
import { type Place, placeIn } from "./value.ts";

/** Something that is wrong with layers. */
export interface Problem {
  readonly at: Place;
  /** The dotted key that it is about; empty for the whole of a file. */
  readonly key: string;
  readonly says: string;
}

/**
 * Ends here where something is wrong.
 * @throws {Failure} of `code`, with every problem, each as file:line:column key says
 */
export function requireNone(problems: readonly Problem[], code: Code = "LAYER_INVALID"): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ at, key, says }) =>
    [placeIn(at), key, says].filter((word) => word !== "").join(" "),
  );
  throw new Failure(code, [...new Set(lines)].join("\n"));
}
