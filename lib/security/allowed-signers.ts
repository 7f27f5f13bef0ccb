import { matches } from "../schema/filter.ts";
import { type AllowedOptions, parseAllowedOptions } from "./allowed-options.ts";
import { requireUsable } from "./key-types.ts";
import { type PublicKey, publicKeyFromWords, publicKeyLine } from "./public-key.ts";
import { readTrustLines } from "./trust-lines.ts";

/** One line of allowed_signers: whose key it is, and what it may sign. */
export interface AllowedSigner extends AllowedOptions {
  /** Who acts when the key signs: the first of the line's principals. */
  readonly principal: string;
  readonly key: PublicKey;
}

const WORD = String.raw`(?:[^\s"]|"[^"]*")+`;
const TYPE = "(?:ssh|ecdsa|sk)-";
/** Principals, options if there are any, type of key, key, and a comment that nobody reads. */
const LINE = new RegExp(
  String.raw`^\s*(?<principals>${WORD})\s+(?:(?!${TYPE})(?<options>${WORD})\s+)?(?<type>${TYPE}\S+)\s+(?<base64>\S+)(?:\s|$)`,
);

/**
 * Reads the format of ssh-keygen(1), "ALLOWED SIGNERS". One line that cannot be read refuses them all.
 * @throws {Failure} TRUST_FILE
 */
export function parseAllowedSigners(text: string, file: string): readonly AllowedSigner[] {
  return readTrustLines(text, file, readLine);
}

/** A line for a new signer. */
export function allowedSignerLine(
  principal: string,
  namespaces: readonly string[],
  key: PublicKey,
  comment = "",
): string {
  return `${principal} namespaces="${namespaces.join(",")}" ${publicKeyLine(key, comment)}`;
}

/** The line that allows a key to sign for a purpose at some time, or why there is none. */
export function lineFor(
  signers: readonly AllowedSigner[],
  { key, namespace, now }: { readonly key: PublicKey; readonly namespace: string; readonly now: Date },
): AllowedSigner | string {
  const lines = signers.filter((each) => each.key.blob.equals(key.blob));
  const purposeful = lines.filter((each) => allowsNamespace(each, namespace));
  const line = purposeful.find(({ validAfter, validBefore }) => validAfter <= now && now <= validBefore);
  if (line !== undefined) return line;
  const which = `allowed_signers does not allow ${key.fingerprint}`;
  return lines.length === 0 ? which : purposeful.length === 0 ? `${which} for ${namespace}` : `${which} now`;
}

/** A pattern list of ssh_config(5), "PATTERNS": something fits, and nothing that begins with `!` does. */
function allowsNamespace({ namespaces }: AllowedSigner, namespace: string): boolean {
  const [denied, allowed] = [true, false].map((negated) =>
    namespaces.some((each) => each.startsWith("!") === negated && matches(each.replace(/^!/, ""), namespace)),
  );
  return allowed === true && denied === false;
}

function readLine(line: string): AllowedSigner {
  const { principals, options = "", type, base64 } = LINE.exec(line)?.groups ?? {};
  if (principals === undefined || type === undefined || base64 === undefined)
    throw new RangeError("it is not of the form: principals, options, type of key, key");
  const allowed = parseAllowedOptions(options);
  const key = publicKeyFromWords(type, base64);
  requireUsable(key);
  return { ...allowed, principal: firstOf(principals), key };
}

function firstOf(principals: string): string {
  const [first = "", ...others] = principals.replace(/^"(.*)"$/, "$1").split(",");
  if ([first, ...others].some((each) => !/^[\x21\x23-\x7e]+$/.test(each)))
    throw new RangeError("a principal in it is empty, or holds what it must not");
  // With a plain key, nothing else tells who signed.
  if (/[*?!]/.test(first)) throw new RangeError(`${first} is a pattern: name first whose key it is`);
  return first;
}
