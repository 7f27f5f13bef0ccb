import { Buffer } from "node:buffer";

const SMALLEST = 1024;
const NOTHING = Buffer.alloc(0);

/** Bytes that have come and are not used up yet. Its memory follows what waits, however small the chunks were. */
export class ReceivedBytes {
  #store: Buffer = NOTHING;
  #start = 0;
  #end = 0;
  #owned = false;

  get length(): number {
    return this.#end - this.#start;
  }

  add(chunk: Buffer): void {
    if (this.length === 0) this.#adopt(chunk);
    else this.#append(chunk);
  }

  at(offset: number): number | undefined {
    return offset < this.length ? this.#store[this.#start + offset] : undefined;
  }

  /** The offset of the first such byte at or after an offset, or -1. */
  indexOf(byte: number, from: number): number {
    const found = this.#store.subarray(this.#start + from, this.#end).indexOf(byte);
    return found === -1 ? -1 : from + found;
  }

  /** A look at the first bytes: good until the next `add`. */
  peek(length: number, from = 0): Buffer {
    return this.#store.subarray(this.#start + from, this.#start + from + length);
  }

  drop(length: number): void {
    this.#start += length;
    if (this.length === 0) this.#adopt(NOTHING);
  }

  /** The usual case, a chunk of whole frames, is read where it lies. */
  #adopt(chunk: Buffer): void {
    this.#store = chunk;
    this.#start = 0;
    this.#end = chunk.length;
    this.#owned = false;
  }

  #append(chunk: Buffer): void {
    const needed = this.length + chunk.length;
    if (!this.#owned || this.#end + chunk.length > this.#store.length) this.#move(needed);
    chunk.copy(this.#store, this.#end);
    this.#end += chunk.length;
  }

  #move(needed: number): void {
    const roomy = Math.max(SMALLEST, needed * 2);
    const fits = this.#owned && roomy <= this.#store.length && this.#store.length <= roomy * 8;
    const store = fits ? this.#store : Buffer.allocUnsafeSlow(roomy);
    const length = this.#store.copy(store, 0, this.#start, this.#end);
    this.#store = store;
    this.#start = 0;
    this.#end = length;
    this.#owned = true;
  }
}
