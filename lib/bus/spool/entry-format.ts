import { createHash } from "node:crypto";
import type { Outgoing } from "../bus.ts";

const LF = "\n".charCodeAt(0);

/** A message as one file: a line with the digest of all that follows, a line of JSON, then the body. */
export function encodeEntry({ body, ...head }: Outgoing): Buffer {
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
  return Buffer.concat([Buffer.from(`${digestOf(rest)}\n`), rest]);
}

/** Reads it again. Throws at whatever is not as it was written. */
export function decodeEntry(bytes: Buffer): Outgoing {
  const [digest, rest] = firstLine(bytes);
  if (digestOf(rest) !== digest) throw new Error("it does not fit its digest");
  const [head, body] = firstLine(rest);
  return { ...(JSON.parse(head) as Omit<Outgoing, "body">), body };
}

function firstLine(bytes: Buffer): readonly [line: string, rest: Buffer] {
  const end = bytes.indexOf(LF);
  return [bytes.toString("utf8", 0, Math.max(end, 0)), bytes.subarray(end + 1)];
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
