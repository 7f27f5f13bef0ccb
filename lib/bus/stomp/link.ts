import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, type Failure, reasonOf } from "../../failure.ts";
import type { Log } from "../../log.ts";
import type { BrokerAddress, BrokerAddresses } from "../address.ts";
import { type Backoff, backoff } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import { firstOf, orderOf } from "./round.ts";

interface LinkOptions {
  readonly addresses: BrokerAddresses;
  readonly open: (broker: BrokerAddress, signal: AbortSignal) => Promise<Connection>;
  /** A connection is there. Rejects where it is lost before it can be used. */
  readonly up: (connection: Connection) => Promise<void>;
  readonly down: (why: Failure) => void;
  /** Something that will not pass by itself: told once until a connection is up again. */
  readonly fatal: (why: Failure) => void;
  /** A connection that lived this long was a good one: after it, waiting begins anew. In milliseconds. */
  readonly goodAfter: number;
  readonly log: Log;
}

/** Keeps one connection to one of the brokers, for as long as it is wanted. */
export class Link {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  readonly #leaving = new AbortController();
  #connection: Connection | undefined;
  #last: BrokerAddress | undefined;
  #running: Promise<void> = Promise.resolve();
  #wasConnected = false;
  #isTold = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#backoff = backoff(options.addresses);
  }

  /**
   * Connects: with patience until a broker answers, otherwise trying each once.
   * @throws {Failure} BROKER_REFUSED, or BROKER_UNREACHABLE
   */
  async connect(patient: boolean): Promise<void> {
    const first = patient ? await this.#persist(true) : await this.#try();
    this.#running = this.#keep(first);
  }

  async close(): Promise<void> {
    this.#leaving.abort();
    await this.#connection?.close();
    await this.#running;
  }

  async #keep(first: Connection): Promise<void> {
    let connection: Connection | undefined = first;
    while (connection !== undefined) {
      await this.#use(connection);
      connection = await this.#again();
    }
  }

  async #use(connection: Connection): Promise<void> {
    const { up, down, log, goodAfter } = this.#options;
    const since = performance.now();
    this.#connection = connection;
    // At the start nobody wonders; after an outage it is good news.
    const say = this.#wasConnected ? log.info.bind(log) : log.debug.bind(log);
    say({ broker: connection.broker }, "connected to the broker");
    this.#wasConnected = true;
    await up(connection).then(
      () => (this.#isTold = false),
      (error: Failure) => error.transient || this.#tell(error),
    );
    const why = await connection.closed;
    this.#connection = undefined;
    if (performance.now() - since > goodAfter) this.#backoff.reset();
    if (!this.#isLeaving) log.warn({ error: why }, why.message);
    down(why);
  }

  async #again(): Promise<Connection | undefined> {
    await this.#pause();
    if (this.#isLeaving) return undefined;
    return this.#persist(false).catch(() => undefined);
  }

  /** Rejects only when it is not wanted any more, or at the start where the login is refused. */
  async #persist(isStart: boolean): Promise<Connection> {
    for (;;) {
      try {
        return await this.#try();
      } catch (error) {
        const isRefused = codeOf(error) === "BROKER_REFUSED";
        if (this.#isLeaving || (isStart && isRefused)) throw error;
        if (isRefused) this.#tell(error as Failure);
        else this.#options.log.warn({ error }, reasonOf(error));
      }
      await this.#pause();
    }
  }

  async #try(): Promise<Connection> {
    const { addresses, open } = this.#options;
    return firstOf(orderOf(addresses, this.#last), async (broker) => {
      const connection = await open(broker, this.#leaving.signal);
      this.#last = broker;
      return connection;
    });
  }

  get #isLeaving(): boolean {
    return this.#leaving.signal.aborted;
  }

  async #pause(): Promise<void> {
    await sleep(this.#backoff.next(), undefined, { signal: this.#leaving.signal }).catch(() => undefined);
  }

  #tell(why: Failure): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.log.error({ error: why }, why.message);
    this.#options.fatal(why);
  }
}
