import { Failure, reasonOf } from "../failure.ts";
import { publicKeyFromWords } from "./public-key.ts";

/**
 * Reads a list of public keys, one on each line, as `ssh-keygen -r` takes it; gives their fingerprints.
 * One line that cannot be read refuses them all: it may be the one that matters.
 * @throws {Failure} TRUST_FILE
 */
export function parseRevokedKeys(text: string, file: string): ReadonlySet<string> {
  const fingerprints = text.split(/\r?\n/).flatMap((line, index) => {
    if (/^\s*(?:#|$)/.test(line)) return [];
    try {
      if (line.startsWith("SSHKRL")) throw new RangeError("a KRL is not supported: list the keys themselves");
      const [type = "", base64 = ""] = line.trim().split(/\s+/);
      return [publicKeyFromWords(type, base64).fingerprint];
    } catch (cause) {
      throw new Failure("TRUST_FILE", `Cannot use ${file}:${index + 1}: ${reasonOf(cause)}`, { cause });
    }
  });
  return new Set(fingerprints);
}
