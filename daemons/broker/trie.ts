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

  *matching(words: readonly string[], depth = 0): Generator<Value, void, void> {
    yield* this.#rest;
    const word = words[depth];
    if (word === undefined) {
      yield* this.#here;
      return;
    }
    for (const branch of [word, ONE]) {
      const child = this.#below.get(branch);
      if (child !== undefined) yield* child.matching(words, depth + 1);
    }
  }

  #child(word: string): Trie<Value> {
    const child = this.#below.get(word) ?? new Trie<Value>();
    this.#below.set(word, child);
    return child;
  }
}
