import { Failure } from "../../failure.ts";
import type { Outgoing } from "../bus.ts";
import type { Spool } from "../spool.ts";
import type { Connection } from "./connection.ts";
import { Line } from "./line.ts";
import { heldParcel, type Parcel, spooledParcel, suspect } from "./parcel.ts";

interface OutboxOptions {
  readonly spool: Spool | undefined;
  /** How long a publisher waits for a broker where there is no spool, in milliseconds. */
  readonly publishTimeout: number;
}

/**
 * Everything that is to go out, in one line: nothing overtakes, and what a lost connection did not confirm goes out
 * again before the rest. The line is either all in memory, or all in the spool: as long as no broker is there,
 * and then until the spool is empty.
 */
export class Outbox {
  readonly #spool: Spool | undefined;
  readonly #publishTimeout: number;
  readonly #line: Line;
  /** What somebody waits for. */
  readonly #publishing = new Set<Promise<void>>();
  readonly #sending = new Set<Promise<void>>();
  #connection: Connection | undefined;
  #isPumping = false;
  #isLeaving = false;

  constructor({ spool, publishTimeout }: OutboxOptions) {
    this.#spool = spool;
    this.#publishTimeout = publishTimeout;
    this.#line = new Line(spool?.left.map((entry) => spooledParcel(entry)));
  }

  /** Resolves when the message is safe: confirmed, or in the spool. */
  async publish(outgoing: Outgoing): Promise<void> {
    const { oldest } = this.#line;
    const hasToWait = this.#connection === undefined || (oldest !== undefined && oldest.held === undefined);
    const published =
      this.#spool !== undefined && hasToWait ? this.#keep(this.#spool, outgoing) : this.#hold(outgoing);
    await tracked(this.#publishing, published);
  }

  online(connection: Connection): void {
    this.#connection = connection;
    void this.#pump();
  }

  /** The connection ended. */
  offline(why: Failure): void {
    this.#connection = undefined;
    for (const parcel of this.#line.inFlight) {
      const guilt = suspect(parcel, why);
      if (guilt === undefined) continue;
      this.#line.remove(parcel);
      void parcel.refused(guilt);
    }
    this.#line.putBack();
    if (this.#spool !== undefined) this.#moveInto(this.#spool);
  }

  /** Waits until everything that was published is safe, but not for ever, and sends nothing more. */
  async drain(timeout: number): Promise<void> {
    const late = setTimeout(() => this.#giveUp(), timeout);
    while (this.#publishing.size > 0) await Promise.allSettled(this.#publishing);
    this.#isLeaving = true;
    await Promise.allSettled(this.#sending);
    clearTimeout(late);
  }

  #giveUp(): void {
    this.#connection?.abandon();
    this.#connection = undefined;
    this.#line.putBack();
    if (this.#spool !== undefined) this.#moveInto(this.#spool);
    else for (const parcel of this.#line.takeWaiting()) void parcel.refused(unconfirmed(parcel, "in time"));
  }

  async #hold(outgoing: Outgoing): Promise<void> {
    const { parcel, settled } = heldParcel(outgoing);
    const expiry =
      this.#spool === undefined ? setTimeout(() => this.#expire(parcel), this.#publishTimeout) : undefined;
    this.#line.add(parcel);
    void this.#pump();
    try {
      await settled;
    } finally {
      clearTimeout(expiry);
    }
  }

  #expire(parcel: Parcel): void {
    this.#line.remove(parcel);
    void parcel.refused(unconfirmed(parcel, `within ${this.#publishTimeout} ms`));
  }

  async #keep(spool: Spool, outgoing: Outgoing, suspicion = 0): Promise<void> {
    const entry = spool.add(outgoing);
    const parcel = spooledParcel(entry, suspicion);
    this.#line.add(parcel);
    void this.#pump();
    try {
      await entry.written;
    } catch (error) {
      this.#line.remove(parcel);
      throw error;
    }
  }

  #moveInto(spool: Spool): void {
    for (const parcel of this.#line.takeWaiting()) {
      if (parcel.held === undefined) this.#line.add(parcel);
      else void this.#keep(spool, parcel.held, parcel.suspicion).then(parcel.confirmed, parcel.refused);
    }
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (;;) {
      const connection = this.#connection;
      const parcel = this.#line.next();
      if (connection === undefined || parcel === undefined || this.#isLeaving) break;
      const outgoing = await parcel.read();
      if (connection !== this.#connection || !this.#line.isWaiting(parcel)) continue;
      if (outgoing === undefined) this.#line.remove(parcel);
      else void tracked(this.#sending, this.#send(connection, parcel, outgoing));
    }
    this.#isPumping = false;
  }

  async #send(connection: Connection, parcel: Parcel, outgoing: Outgoing): Promise<void> {
    this.#line.sent(parcel, outgoing.body.length);
    try {
      await connection.send(outgoing);
      this.#line.remove(parcel);
      await parcel.confirmed();
    } catch (error) {
      // What went with its connection is put back into the line when the end of that is told.
      if (!(error instanceof Failure) || error.transient) return;
      this.#line.remove(parcel);
      await parcel.refused(error);
    }
    void this.#pump();
  }
}

const unconfirmed = ({ held }: Parcel, when: string): Failure =>
  new Failure(
    "BROKER_UNREACHABLE",
    `Cannot publish to ${held?.destination}: no broker confirmed it ${when}`,
    {
      transient: true,
    },
  );

/** Keeps a promise in a set until it is settled. */
function tracked(set: Set<Promise<void>>, promise: Promise<void>): Promise<void> {
  const settled = promise.finally(() => set.delete(settled));
  set.add(settled);
  return settled;
}
