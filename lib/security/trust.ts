import { closeSync, fstatSync, openSync, readFileSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import { type AllowedSigner, parseAllowedSigners } from "./allowed-signers.ts";
import type { Policy } from "./policy.ts";
import { parsePolicy } from "./policy-file.ts";
import { parseRevokedKeys } from "./revoked-keys.ts";

/** Whom a host believes, and how far. */
export interface Trust {
  readonly signers: readonly AllowedSigner[];
  /** Fingerprints. */
  readonly revoked: ReadonlySet<string>;
  readonly policy: Policy;
}

/** Where trust is read from, each time that it is needed. */
export interface TrustSource {
  /**
   * What the files say now.
   * @throws {Failure} TRUST_FILE when any of them cannot be used: then nothing is believed
   */
  readonly current: () => Trust;
}

const FILES = ["allowed_signers", "policy.yaml", "revoked_keys"] as const;
type Name = (typeof FILES)[number];
const OPTIONAL: ReadonlySet<Name> = new Set<Name>(["revoked_keys"]);
const OTHERS_MAY_WRITE = 0o022;
const MOST_BYTES = 1024 * 1024;

/** The trust folder of a host: read again as soon as a file of it changes. */
export function trustFolder(folder: string): TrustSource {
  let known: { readonly marks: string; readonly trust: Trust } | undefined;
  return {
    current: () => {
      try {
        const marks = marksOf(folder);
        if (known?.marks !== marks) known = { marks, trust: readTrust(folder) };
        return known.trust;
      } catch (cause) {
        known = undefined;
        if (cause instanceof Failure) throw cause;
        throw new Failure("TRUST_FILE", `Cannot use ${folder}: ${reasonOf(cause)}`, { cause });
      }
    },
  };
}

/** What changes when somebody writes to one of the files, replaces it, or lets others write to it. */
function marksOf(folder: string): string {
  requireProtected(folder, statSync(folder));
  return FILES.map((name) => {
    const status = statSync(join(folder, name), { throwIfNoEntry: false });
    if (status === undefined) return "absent";
    const { ino, size, mtimeMs, ctimeMs, mode, uid } = status;
    return [ino, size, mtimeMs, ctimeMs, mode, uid].join(" ");
  }).join("\n");
}

function readTrust(folder: string): Trust {
  const [signers = "", policy = "", revoked = ""] = FILES.map((name) => readProtected(folder, name));
  return {
    signers: parseAllowedSigners(signers, join(folder, "allowed_signers")),
    policy: parsePolicy(policy, join(folder, "policy.yaml")),
    revoked: parseRevokedKeys(revoked, join(folder, "revoked_keys")),
  };
}

function readProtected(folder: string, name: Name): string {
  const path = join(folder, name);
  if (OPTIONAL.has(name) && statSync(path, { throwIfNoEntry: false }) === undefined) return "";
  const file = openSync(path, "r");
  try {
    const status = fstatSync(file);
    requireProtected(path, status);
    if (!status.isFile() || status.size > MOST_BYTES)
      throw new RangeError(`${name} is no file of less than 1 MiB`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

/** Whoever can write to what a host believes can make it do anything. */
function requireProtected(path: string, { mode, uid }: Stats): void {
  const problem =
    (mode & OTHERS_MAY_WRITE) !== 0
      ? `others may write to it; chmod go-w ${path}`
      : uid !== 0 && uid !== process.getuid?.()
        ? `it belongs to neither root nor this user; chown root ${path}`
        : undefined;
  if (problem !== undefined) throw new Failure("TRUST_FILE", `Cannot use ${path}: ${problem}`);
}
