import { Failure } from "../failure.ts";
import { duration } from "../schema/quantities.ts";

/** How to go about reaching the brokers of a list. */
export interface Reconnecting {
  /** Whether the list is tried in an order of chance. */
  readonly randomize: boolean;
  /** How long to wait before the second attempt, in milliseconds. */
  readonly initialReconnectDelay: number;
  readonly maxReconnectDelay: number;
  /** By how much each wait is longer than the one before. */
  readonly backOffMultiplier: number;
}

const DEFAULTS: Reconnecting = {
  randomize: true,
  initialReconnectDelay: 100,
  maxReconnectDelay: 30_000,
  backOffMultiplier: 2,
};

/** Each option in lower case, for the older kit wrote them in several ways. */
const READERS: Readonly<Record<string, (value: string) => Partial<Reconnecting>>> = {
  randomize: (value) => ({ randomize: flag(value) }),
  initialreconnectdelay: (value) => ({ initialReconnectDelay: milliseconds(value) }),
  maxreconnectdelay: (value) => ({ maxReconnectDelay: milliseconds(value) }),
  backoffmultiplier: (value) => ({ backOffMultiplier: factor(value) }),
  useexponentialbackoff: (value) => (flag(value) ? {} : { backOffMultiplier: 1 }),
  // Known to ActiveMQ and the older kit, without a meaning here: we never give up, and hold one connection.
  maxreconnectattempts: () => ({}),
  startupmaxreconnectattempts: () => ({}),
  timeout: () => ({}),
  backup: () => ({}),
};

/**
 * Reads the options behind an address, such as `randomize=false&initialReconnectDelay=10ms`.
 * @throws {Failure} BROKER_ADDRESS
 */
export function reconnecting(options: string): Reconnecting {
  const read = [...new URLSearchParams(options)].map(([name, value]) => {
    const reader = READERS[name.toLowerCase()];
    if (reader === undefined) throw unreadable(`it has no option ${JSON.stringify(name)}`);
    return reader(value);
  });
  return Object.assign({ ...DEFAULTS }, ...read) as Reconnecting;
}

function flag(value: string): boolean {
  if (value === "true" || value === "false") return value === "true";
  throw unreadable(`${JSON.stringify(value)} is neither true nor false`);
}

function milliseconds(value: string): number {
  if (/^\d{1,9}(\.\d{1,6})?$/.test(value)) return Number(value);
  const parsed = duration.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreadable(`${JSON.stringify(value)} is neither milliseconds nor a duration such as 10ms or 30s`);
}

function factor(value: string): number {
  if (/^\d{1,3}(\.\d{1,3})?$/.test(value) && Number(value) >= 1) return Number(value);
  throw unreadable(`${JSON.stringify(value)} is no factor such as 2`);
}

const unreadable = (why: string): Failure =>
  new Failure("BROKER_ADDRESS", `Cannot read the options of the broker address: ${why}`);
