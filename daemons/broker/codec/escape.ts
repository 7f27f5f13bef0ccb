import { ProtocolError, quoted } from "../protocol-error.ts";
import type { FrameCommand, Version } from "./frame.ts";

interface Escaping {
  readonly escapes: ReadonlyMap<string, string>;
  readonly unescapes: ReadonlyMap<string, string>;
}

function escaping(pairs: readonly (readonly [raw: string, escaped: string])[]): Escaping {
  return { escapes: new Map(pairs), unescapes: new Map(pairs.map(([raw, escaped]) => [escaped, raw])) };
}

const common = [
  ["\\", String.raw`\\`],
  ["\n", String.raw`\n`],
  [":", String.raw`\c`],
] as const;

const escapings: Readonly<Record<Version, Escaping>> = {
  "1.0": escaping([]),
  "1.1": escaping(common),
  "1.2": escaping([...common, ["\r", String.raw`\r`]]),
};

/**
 * The version whose escaping a frame uses: CONNECT and CONNECTED are never escaped, and a STOMP frame,
 * sent before a version is agreed, is escaped as 1.2 says (STOMP 1.2 "Value Encoding").
 */
export function dialectOf(command: FrameCommand, version: Version): Version {
  if (command === "CONNECT" || command === "CONNECTED") return "1.0";
  return command === "STOMP" ? "1.2" : version;
}

const HARMFUL = /[\\\n\r:]/;
const EACH_HARMFUL = /[\\\n\r:]/g;

/** Writes a header name or value so that it stays within its line (STOMP 1.2 "Value Encoding"). */
export function escape(text: string, version: Version): string {
  if (!HARMFUL.test(text)) return text;
  const { escapes } = escapings[version];
  // What a version cannot express becomes a space: it must not end the line, and so forge a header.
  return text.replace(EACH_HARMFUL, (raw) => escapes.get(raw) ?? (raw === "\n" || raw === "\r" ? " " : raw));
}

/** Reads a header name or value; an undefined escape sequence is fatal (STOMP 1.2 "Value Encoding"). */
export function unescape(text: string, version: Version): string {
  if (version === "1.0" || !text.includes("\\")) return text;
  const { unescapes } = escapings[version];
  return text.replace(/\\(?:.|$)/gsu, (sequence) => {
    const raw = unescapes.get(sequence);
    if (raw === undefined)
      throw new ProtocolError(
        `a backslash before ${quoted(sequence.slice(1))} in a header: no such escape sequence`,
      );
    return raw;
  });
}
