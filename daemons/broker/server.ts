import { Core } from "./core.ts";
import { memoryJournal } from "./journal/entry.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { type Addresses, listenAll, type ListenOptions } from "./listeners.ts";
import type { Log } from "./log.ts";
import type { Policy } from "./policy.ts";

/** What a broker needs to know. */
export interface BrokerOptions {
  readonly listen: ListenOptions;
  /** Every login with its passcode. */
  readonly logins: ReadonlyMap<string, string>;
  /** Who may do what. */
  readonly permits: Policy;
  /** The folder of the journal; without it, nothing outlives the broker. */
  readonly journal?: string;
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
  /** Milliseconds since 1970, by a clock that is never set back. */
  readonly now?: () => number;
}

/** A running broker. */
export interface Broker {
  /** Where it listens in fact. */
  readonly addresses: Addresses;
  /** Takes no more, writes what it must not lose, answers what it has, and closes all connections. */
  stop(): Promise<void>;
}

const monotonic = () => performance.timeOrigin + performance.now();

/** Starts a broker; it listens when this resolves. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { logins, permits, log = () => undefined, now = monotonic } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const core = new Core({ logins, permits, limits, journal: memoryJournal, log, now });
  const listeners = await listenAll(options.listen, core, limits);
  log({ level: "info", event: "broker.started", ...listeners.addresses });
  return {
    addresses: listeners.addresses,
    stop: async () => {
      const closed = listeners.close();
      await core.stop();
      await closed;
      log({ level: "info", event: "broker.stopped" });
    },
  };
}
