import type { Records } from "../../lib/effects/records.ts";
import { codeOf, Failure, reasonOf } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import { type Archive, lookAt, type Seen } from "./archive.ts";
import type { Told } from "./spooled.ts";

/** How long to wait after a look that failed, in milliseconds: doubled each time, up to the interval of the archive. */
const AGAIN = 5_000;

/** How many looks in a row must fail for a reason that may pass before people are told. */
const PATIENCE = 2;

interface Polled extends Archive {
  readonly url: string;
  readonly interval: number;
}

/** Looks at one archive from outside, again and again. */
export class Poll {
  readonly #archive: Polled;
  readonly #seen: () => Promise<Records<Seen>>;
  readonly #log: Log;
  #due = 0;
  #failures = 0;
  #told = false;

  constructor(archive: Polled, seen: () => Promise<Records<Seen>>, log: Log) {
    this.#archive = archive;
    this.#seen = seen;
    this.#log = log;
  }

  get name(): string {
    return this.#archive.name;
  }

  /** Has it looked at as soon as may be. */
  hurry(): void {
    this.#due = 0;
  }

  /** Looks, if it is time to. What was seen is kept once it was told. */
  async *look(now: Date): AsyncGenerator<Told> {
    if (now.getTime() < this.#due) return;
    const { name, url, suite, interval } = this.#archive;
    // At another address it is another archive.
    const key = [name, url, suite].join(" ");
    try {
      const known = await this.#seen();
      const found = await lookAt(this.#archive, known.all.get(key), now);
      this.#due = now.getTime() + interval;
      this.#failures = 0;
      for (const change of found?.changes ?? []) yield { change };
      if (found !== undefined) await known.put(key, found.seen);
      if (this.#told) yield { trouble: `the archive ${name} can be read again` };
      this.#told = false;
    } catch (error) {
      this.#failures += 1;
      const delay = AGAIN * 2 ** Math.min(this.#failures - 1, 20);
      this.#due = now.getTime() + Math.min(delay, Math.max(interval, AGAIN));
      if (this.#told || (mayPass(error) && this.#failures < PATIENCE)) return;
      this.#log.warn({ error, code: codeOf(error), archive: name }, reasonOf(error));
      yield { trouble: reasonOf(error) };
      this.#told = true;
    }
  }
}

const mayPass = (error: unknown): boolean => error instanceof Failure && error.transient;
