import { Core } from "./core.ts";
import { openJournal } from "./journal.ts";
import { type Entry, type Journal, memoryJournal } from "./journal/entry.ts";
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
  /** The queue of what is given back too often; /queue/dead where it is left out. */
  readonly deadLetters?: string;
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
  const { logins, permits, deadLetters = "/queue/dead", log = () => undefined, now = monotonic } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const { journal, stored } = await open(options.journal, log);
  const core = new Core({ logins, permits, limits, journal, deadLetters, log, now });
  core.router.restore(stored);
  const listeners = await listenAll(options.listen, core, limits).catch(async (error: unknown) => {
    await journal.close();
    throw error;
  });
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

async function open(
  folder: string | undefined,
  log: Log,
): Promise<{ journal: Journal; stored: Iterable<Entry> }> {
  if (folder === undefined) return { journal: memoryJournal, stored: [] };
  const { journal, stored } = await openJournal(folder, log);
  return { journal, stored: stored.entries() };
}
