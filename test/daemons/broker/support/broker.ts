import { afterEach } from "vitest";
import type { LogEntry } from "../../../../daemons/broker/log.ts";
import { type Broker, type BrokerOptions, startBroker } from "../../../../daemons/broker/server.ts";
import { type Client, dial } from "./client.ts";

const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const each of undo.splice(0).toReversed()) await each();
});

/** Ends something when the test ends. */
export function afterwards(work: () => Promise<unknown>): void {
  undo.push(work);
}

export const LOGINS = new Map([
  ["ann", "secret"],
  ["bob", "hidden"],
]);

/** A broker on a free port of the loopback, for as long as the test runs. */
export async function aBroker(options: Partial<BrokerOptions> = {}): Promise<TestBroker> {
  const log = new TestLog();
  const broker = await startBroker({
    listen: { tcp: { host: "127.0.0.1", port: 0 } },
    logins: LOGINS,
    permits: () => true,
    log: (entry) => log.add(entry),
    ...options,
  });
  afterwards(() => broker.stop());
  return new TestBroker(broker, log);
}

/** What a broker tells, to be waited for. */
class TestLog {
  readonly entries: LogEntry[] = [];
  readonly #waiting = new Set<() => void>();

  add(entry: LogEntry): void {
    this.entries.push(entry);
    for (const look of this.#waiting) look();
  }

  /** Resolves when an event has happened so many times since the start. */
  happened(event: string, times = 1): Promise<LogEntry> {
    return new Promise((resolve) => {
      const look = () => {
        const entry = this.entries.filter((each) => each.event === event)[times - 1];
        if (entry === undefined) return;
        this.#waiting.delete(look);
        resolve(entry);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** A broker, and the ways that tests come to it. */
export class TestBroker {
  readonly broker: Broker;
  readonly log: TestLog;

  constructor(broker: Broker, log: TestLog) {
    this.broker = broker;
    this.log = log;
  }

  get port(): number {
    return this.broker.addresses.tcp?.port ?? 0;
  }

  /** A connection that has said nothing yet. */
  async dial(): Promise<Client> {
    const client = await dial(this.port);
    afterwards(() => client.leave());
    return client;
  }

  /** A client that has logged in. */
  async client(headers: Readonly<Record<string, string>> = {}): Promise<Client> {
    const client = await this.dial();
    client.say("CONNECT", {
      "accept-version": "1.2",
      host: "/",
      login: "ann",
      passcode: "secret",
      ...headers,
    });
    const { command } = await client.hear();
    if (command !== "CONNECTED") throw new Error(`the broker answered ${command}`);
    return client;
  }

  /** A client that has subscribed. */
  async subscriber(destination: string, headers: Readonly<Record<string, string>> = {}): Promise<Client> {
    const client = await this.client();
    await client.told("SUBSCRIBE", { id: "s", destination, ...headers });
    return client;
  }
}
