import { Failure, reasonOf } from "../failure.ts";

const DEEPEST = 16;
const TOKEN =
  /(?<string>"[^"\\]*(?:\\.[^"\\]*)*")(?<colon>\s*:)?|(?<number>-?\d[\d.eE+-]*)|(?<open>[[{])|(?<close>[\]}])/g;

/**
 * Reads JSON (RFC 8259) in ASCII that means the same to every reader: no key twice, no lone surrogate, no number
 * that JavaScript cannot hold, nothing deeper than 16.
 * @throws {Failure} E_PARSE
 */
export function parseStrictJson(bytes: Uint8Array, most: number): unknown {
  try {
    if (bytes.length > most) throw new RangeError(`it has ${bytes.length} bytes, more than ${most}`);
    if (bytes.some((byte) => byte > 0x7e)) throw new RangeError("it is not ASCII");
    const text = Buffer.from(bytes).toString("latin1");
    requireStrict(text, DEEPEST);
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("E_PARSE", `Cannot read a command: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Finds what JSON.parse would let pass. It may take text for JSON that is none: JSON.parse has the last word on that.
 * @throws {Error} that says what it is
 */
export function requireStrict(text: string, deepest: number): void {
  const keysAround: Set<string>[] = [];
  for (const { groups = {} } of text.matchAll(TOKEN)) {
    const { string, colon, number, open } = groups;
    if (string !== undefined) {
      const value = wellFormed(string);
      if (colon !== undefined) addKey(keysAround.at(-1), value);
    } else if (number !== undefined) requireExact(number);
    else if (open === undefined) keysAround.pop();
    else if (keysAround.push(new Set()) > deepest) throw new RangeError(`it nests deeper than ${deepest}`);
  }
}

function wellFormed(string: string): string {
  const value = String(JSON.parse(string));
  if (/\p{Surrogate}/u.test(value)) throw new RangeError("a text in it holds half a character");
  return value;
}

function addKey(keys: Set<string> | undefined, key: string): void {
  // A reader that builds plain objects would set their prototype, and not see the key.
  if (key === "__proto__") throw new RangeError("it holds a key named __proto__");
  if (keys?.has(key)) throw new RangeError(`it holds the key ${JSON.stringify(key)} twice`.slice(0, 100));
  keys?.add(key);
}

function requireExact(number: string): void {
  const value = Number(number);
  if (!Number.isFinite(value) || Object.is(value, -0))
    throw new RangeError(`it holds the number ${number}`.slice(0, 100));
}
