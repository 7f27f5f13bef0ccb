const COMPACT_ABOVE = 1024;

/** Letters that wait, in the order in which they came; one that is given back takes its old place again. */
export class Backlog<Letter extends { readonly order: number }> {
  #fresh: Letter[] = [];
  #head = 0;
  /** The oldest last, where it is taken from. */
  readonly #returned: Letter[] = [];

  get size(): number {
    return this.#returned.length + this.#fresh.length - this.#head;
  }

  add(letter: Letter): void {
    this.#fresh.push(letter);
  }

  giveBack(letters: readonly Letter[]): void {
    for (const letter of letters) this.#returned.push(letter);
    this.#returned.sort((one, other) => other.order - one.order);
  }

  /** The oldest letter, which stays. */
  get first(): Letter | undefined {
    return this.#returned.at(-1) ?? this.#fresh[this.#head];
  }

  /** The oldest letter. */
  take(): Letter | undefined {
    return this.#returned.pop() ?? this.#takeFresh();
  }

  #takeFresh(): Letter | undefined {
    const letter = this.#fresh[this.#head];
    if (letter === undefined) return undefined;
    this.#head += 1;
    if (
      this.#head === this.#fresh.length ||
      (this.#head > COMPACT_ABOVE && this.#head * 2 > this.#fresh.length)
    ) {
      this.#fresh = this.#fresh.slice(this.#head);
      this.#head = 0;
    }
    return letter;
  }
}
