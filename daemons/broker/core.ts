import { Admission } from "./admission.ts";
import { Connection } from "./connection.ts";
import { identities } from "./identity.ts";
import type { Journal } from "./journal/entry.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { authenticator } from "./login.ts";
import type { Policy } from "./policy.ts";
import { Router } from "./router.ts";
import type { Receiver, Transport } from "./transport.ts";
import type { World } from "./world.ts";

interface Options {
  readonly logins: ReadonlyMap<string, string>;
  readonly permits: Policy;
  readonly limits: Limits;
  readonly journal: Journal;
  /** The queue of what is given back too often. */
  readonly deadLetters: string;
  readonly log: Log;
  readonly now: () => number;
}

/** What a listener needs of the broker. */
export interface Door {
  /** Why a connection from this address is refused; if it is not, it counts until `leave`. */
  enter(address: string): string | undefined;
  leave(address: string): void;
  accept(transport: Transport): Receiver;
  /** Some connection could not be taken; the listener goes on. */
  failed(error: Error): void;
}

/** The broker, without a socket: clients come in by any transport. */
export class Core implements Door {
  readonly router: Router;
  readonly #world: World;
  readonly #connections = new Set<Connection>();

  constructor({ logins, permits, limits, journal, deadLetters, log, now }: Options) {
    const newId = identities();
    const rules = { authenticate: authenticator(logins), permits, limits, newId, now };
    this.router = new Router({ limits, journal, deadLetters, newId, now, log });
    this.#world = { rules, router: this.router, journal, admission: new Admission(limits), log, now };
  }

  enter(address: string): string | undefined {
    const reason = this.#world.admission.enter(address, this.#world.now());
    if (reason !== undefined)
      this.#world.log({ level: "warn", event: "client.turned-away", address, reason });
    return reason;
  }

  leave(address: string): void {
    this.#world.admission.leave(address);
  }

  accept(transport: Transport): Receiver {
    const connection = new Connection(transport, this.#world);
    this.#connections.add(connection);
    return {
      received: (chunk) => connection.received(chunk),
      drained: () => connection.drained(),
      closed: () => {
        this.#connections.delete(connection);
        connection.closed();
      },
    };
  }

  failed(error: Error): void {
    this.#world.log({ level: "error", event: "listener.failed", error });
  }

  /** Takes nothing more, answers what was taken, and closes all connections. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.quiet();
    await this.#world.journal.close();
    for (const connection of this.#connections) connection.end();
  }
}
