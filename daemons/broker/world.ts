import type { Admission } from "./admission.ts";
import type { Journal } from "./journal/entry.ts";
import type { Log } from "./log.ts";
import type { Router } from "./router.ts";
import type { Rules } from "./session.ts";

/** What all connections of a broker share. */
export interface World {
  readonly rules: Rules;
  readonly router: Router;
  readonly journal: Journal;
  readonly admission: Admission;
  readonly log: Log;
  /** Milliseconds since 1970, by a clock that nobody sets back. */
  readonly now: () => number;
}
