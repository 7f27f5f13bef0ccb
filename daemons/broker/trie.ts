import { isRest, ONE } from "./destination.ts";

/** Finds, for a topic, all that was put under it or under a pattern that fits it, at the cost of the topic's length. */
export class Trie<Value> {
  readonly #here = new Set<Value>();
  readonly #rest = new Set<Value>();
  readonly #below = new Map<string, Trie<Value>>();

  add(words: readonly string[], value: Value): void {
    const [word, ...further] = words;
    if (word === undefined) this.#here.add(value);
    else if (isRest(word)) this.#rest.add(value);
    else this.#child(word).add(further, value);
  }

  /** Leaves no empty branch behind: reply topics come and go for ever. */
  remove(words: readonly string[], value: Value): void {
    const [word, ...further] = words;
    if (word === undefined) this.#here.delete(value);
    else if (isRest(word)) this.#rest.delete(value);
    else {
      const child = this.#below.get(word);
      child?.remove(further, value);
      if (child?.empty === true) this.#below.delete(word);
    }
  }

  get empty(): boolean {
    return this.#here.size === 0 && this.#rest.size === 0 && this.#below.size === 0;
  }

  matching(words: readonly string[]): readonly Value[] {
    const found: Value[] = [];
    this.#collect(words, 0, found);
    return found;
  }

  #collect(words: readonly string[], depth: number, found: Value[]): void {
    for (const value of this.#rest) found.push(value);
    const word = words[depth];
    if (word === undefined) {
      for (const value of this.#here) found.push(value);
      return;
    }
    const [named, any] = [this.#below.get(word), this.#below.get(ONE)];
    if (named !== undefined) named.#collect(words, depth + 1, found);
    if (any !== undefined) any.#collect(words, depth + 1, found);
  }

  #child(word: string): Trie<Value> {
    const child = this.#below.get(word) ?? new Trie<Value>();
    this.#below.set(word, child);
    return child;
  }
}
