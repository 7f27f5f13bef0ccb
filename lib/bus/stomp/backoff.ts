import type { Reconnecting } from "../reconnecting.ts";

/** How long to wait before each further attempt. */
export interface Backoff {
  readonly next: () => number;
  readonly reset: () => void;
}

/** Waits that grow up to a limit, each shortened by chance to between half and the whole, lest all return at once. */
export function backoff(
  {
    initialReconnectDelay,
    maxReconnectDelay,
    backOffMultiplier,
  }: Pick<Reconnecting, "initialReconnectDelay" | "maxReconnectDelay" | "backOffMultiplier">,
  random: () => number = Math.random,
): Backoff {
  let delay = initialReconnectDelay;
  return {
    next: () => {
      const whole = Math.min(delay, maxReconnectDelay);
      delay = Math.min(delay * backOffMultiplier, maxReconnectDelay);
      return whole * (0.5 + random() / 2);
    },
    reset: () => {
      delay = initialReconnectDelay;
    },
  };
}
