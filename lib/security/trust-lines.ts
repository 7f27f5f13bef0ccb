import { Failure, reasonOf } from "../failure.ts";

/**
 * Reads a file of the trust folder that has one entry on each line; empty lines and comments count for nothing.
 * One line that cannot be read refuses them all: it may be the one that matters.
 * @throws {Failure} TRUST_FILE with file:line
 */
export function readTrustLines<T>(text: string, file: string, read: (line: string) => T): readonly T[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (/^\s*(?:#|$)/.test(line)) return [];
    try {
      return [read(line)];
    } catch (cause) {
      throw new Failure("TRUST_FILE", `Cannot use ${file}:${index + 1}: ${reasonOf(cause)}`, { cause });
    }
  });
}
