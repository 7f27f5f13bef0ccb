import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { ReceivedBytes } from "../codec/received-bytes.ts";
import { type Entry } from "./entry.ts";
import { fieldsOf, readEntry } from "./fields.ts";

const SUM = 8;
const PREFIX = 4 + SUM;
// Far more than any frame or transaction makes: a greater length is damage.
const LONGEST = 128 * 1024 * 1024;

const sumOf = (payload: Buffer) => createHash("sha256").update(payload).digest().subarray(0, SUM);

/** The bytes of entries that belong together: their length, a checksum, and the fields of each. */
export function encodeRecord(entries: readonly Entry[]): Buffer {
  const payload = Buffer.concat(entries.flatMap((entry) => list(fieldsOf(entry))));
  return Buffer.concat([number(payload.length), sumOf(payload), payload]);
}

function list(fields: readonly (string | Buffer)[]): readonly Buffer[] {
  const bytes = fields.map((field) => Buffer.from(field));
  return [number(bytes.length), ...bytes.flatMap((field) => [number(field.length), field])];
}

function number(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads records back, up to the first that is cut off or damaged. */
export class RecordReader {
  readonly #bytes = new ReceivedBytes();
  #damaged = false;
  #length = 0;

  /** How many bytes the whole records had. */
  get length(): number {
    return this.#length;
  }

  *read(chunk: Buffer): Generator<Entry, void, void> {
    if (this.#damaged) return;
    this.#bytes.add(chunk);
    for (let payload = this.#next(); payload !== undefined; payload = this.#next()) yield* entriesIn(payload);
  }

  #next(): Buffer | undefined {
    if (this.#bytes.length < PREFIX) return undefined;
    const prefix = this.#bytes.peek(PREFIX);
    const length = prefix.readUInt32BE();
    this.#damaged = length === 0 || length > LONGEST;
    if (this.#damaged || this.#bytes.length < PREFIX + length) return undefined;
    const payload = Buffer.from(this.#bytes.peek(length, PREFIX));
    this.#damaged = !sumOf(payload).equals(prefix.subarray(4));
    if (this.#damaged) return undefined;
    this.#bytes.drop(PREFIX + length);
    this.#length += PREFIX + length;
    return payload;
  }
}

function* entriesIn(payload: Buffer): Generator<Entry, void, void> {
  let at = 0;
  const take = () => {
    const value = payload.readUInt32BE(at);
    at += 4;
    return value;
  };
  while (at < payload.length) {
    const fields = Array.from({ length: take() }, () => {
      const length = take();
      at += length;
      return payload.subarray(at - length, at);
    });
    yield readEntry(fields);
  }
}
