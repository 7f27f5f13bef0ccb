import type { Due } from "./watch.ts";

interface Dues {
  due(): Due;
  beat(): void;
  drop(reason: string): void;
}

/** Asks again and again what is due on a connection, and does it. */
export class Timer {
  readonly #dues: Dues;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(dues: Dues) {
    this.#dues = dues;
    this.#look();
  }

  /** To be called when something may be due sooner than before. */
  again(): void {
    clearTimeout(this.#timer);
    this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    if (this.#stopped) return;
    const due = this.#dues.due();
    if (due.do === "wait") this.#timer = setTimeout(() => this.#look(), Math.max(1, due.time));
    else if (due.do === "beat") this.#beat();
    // If the broker itself was busy, what the client sent in time lies unread: read that first.
    else setImmediate(() => this.#lookAgain());
  }

  #beat(): void {
    this.#dues.beat();
    this.#look();
  }

  #lookAgain(): void {
    if (this.#stopped) return;
    const due = this.#dues.due();
    if (due.do === "drop") this.#dues.drop(due.reason);
    else this.#look();
  }
}
