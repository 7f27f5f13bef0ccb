import { Failure } from "../../failure.ts";

/** The size of everything in a tar: what is shorter is filled up. */
export const BLOCK = 512;

/** What a member says of itself. Its names are bytes, each as one character: whatever they were written in, they stay. */
export interface Header {
  readonly name: string;
  readonly link: string;
  readonly mode: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** The type flag of POSIX.1-2001, pax, "ustar Interchange Format". */
  readonly type: string;
}

/** A name for people: as UTF-8 where it is. */
export const shown = (name: string): string =>
  JSON.stringify(Buffer.from(name.slice(0, 200), "latin1").toString("utf8"));

/**
 * Reads the header of a member; nothing where the block is the empty one that a tar ends with.
 * @throws {Failure} E_TAR_FORMAT
 */
export function readHeader(block: Buffer): Header | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (Number.parseInt(text(block, 148, 8), 8) !== checksum(block))
    throw damaged("the checksum of a header is wrong");
  const name = text(block, 0, 100);
  // What GNU's own format has in the place of the prefix are times.
  const prefix = text(block, 257, 6) === "ustar" && block[262] === 0 ? text(block, 345, 155) : "";
  const flag = String.fromCharCode(block[156] ?? 0);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    link: text(block, 157, 100),
    mode: number(block, 100, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    type: flag === "\0" ? "0" : flag,
  };
}

/** Reads the records of an extended header: `LENGTH KEY=VALUE\n`, each as long as it says. */
export function readRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const length = Number(/^(\d{1,8}) /.exec(bytes.toString("latin1", at, at + 9))?.[1] ?? "0");
    const record = bytes.toString("latin1", at, at + length);
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(record) ?? [];
    if (key === undefined || value === undefined || record.length !== length)
      throw damaged("an extended header cannot be read");
    records.set(key, value);
    at += length;
  }
  return records;
}

/** A number of an extended header. */
export function decimal(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw damaged(`an extended header says ${shown(value)} where a number should be`);
}

/** That what should be a tar is none. */
export const damaged = (why: string): Failure =>
  new Failure("E_TAR_FORMAT", `Cannot unpack the archive: ${why}`);

function text(block: Buffer, from: number, length: number): string {
  const field = block.toString("latin1", from, from + length);
  const end = field.indexOf("\0");
  return end < 0 ? field : field.slice(0, end);
}

/** In octal digits; in GNU's way, where the first bit is set, as a big-endian number. */
function number(block: Buffer, from: number, length: number): number {
  const field = block.subarray(from, from + length);
  if (((field[0] ?? 0) & 0x80) === 0) {
    const digits = text(block, from, length).trim();
    if (digits === "") return 0;
    if (/^[0-7]+$/.test(digits)) return Number.parseInt(digits, 8);
    throw damaged("a header holds something else where a number should be");
  }
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f);
  if (!Number.isSafeInteger(value)) throw damaged("a header holds a number that is too large, or negative");
  return value;
}

/** Of all bytes of a header, as if its own field held blanks. */
const checksum = (block: Buffer): number =>
  block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
