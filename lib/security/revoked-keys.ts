import { publicKeyFromWords } from "./public-key.ts";
import { readTrustLines } from "./trust-lines.ts";

/**
 * Reads a list of public keys of any type, one on each line, as `ssh-keygen -r` takes it; gives their fingerprints.
 * @throws {Failure} TRUST_FILE
 */
export function parseRevokedKeys(text: string, file: string): ReadonlySet<string> {
  return new Set(readTrustLines(text, file, fingerprintOf));
}

function fingerprintOf(line: string): string {
  if (line.startsWith("SSHKRL")) throw new RangeError("a KRL is not supported: list the keys themselves");
  const [type = "", base64 = ""] = line.trim().split(/\s+/);
  return publicKeyFromWords(type, base64).fingerprint;
}
