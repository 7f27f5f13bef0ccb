import type { Data } from "../../lib/messages/catalogue.ts";
import type { BuildId } from "../../lib/schema/names.ts";

type Cancelled = Data<"build.cancelled">;

/** A build that may be ended from outside. */
export interface Cancellable {
  readonly signal: AbortSignal;
  /** Who ended it, if somebody did. */
  cancelled(): Cancelled | undefined;
  /** It needs to hear no more. */
  done(): void;
}

/** How many are kept of those that have not begun here: a build may wait for its turn. */
const MOST_KEPT = 1_000;

/** The words of this process about its builds: a configuration that is read again forgets none. */
const kept = new Map<BuildId, Cancelled>();
const running = new Map<BuildId, AbortController>();

/** Ends a build, at once or when its turn comes. */
export function cancel(cancelled: Cancelled): void {
  kept.delete(cancelled.build);
  kept.set(cancelled.build, cancelled);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  running.get(cancelled.build)?.abort();
}

/** Listens for the end of a build that was asked for at some time: what was said before is about another run of it. */
export function cancellable(build: BuildId, askedAt: number): Cancellable {
  const ending = new AbortController();
  running.set(build, ending);
  const found = () => {
    const said = kept.get(build);
    return said !== undefined && Date.parse(said.at) >= askedAt ? said : undefined;
  };
  if (found() !== undefined) ending.abort();
  return {
    signal: ending.signal,
    cancelled: () => (ending.signal.aborted ? found() : undefined),
    done: () => {
      if (running.get(build) === ending) running.delete(build);
    },
  };
}
