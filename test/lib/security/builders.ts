import { generateKeyPairSync, sign } from "node:crypto";
import {
  type Authorisation,
  type Command,
  COMMAND_TYPE,
  decodeCommand,
  encodeCommand,
  isAuthorisation,
  newCommandId,
  type Order,
  purposes,
} from "../../../lib/security/command.ts";
import { seal } from "../../../lib/security/envelope.ts";
import { parseAllowedSigners, allowedSignerLine } from "../../../lib/security/allowed-signers.ts";
import { ed25519Blob } from "../../../lib/security/key-types.ts";
import { publicKeyFrom } from "../../../lib/security/public-key.ts";
import type { Signer } from "../../../lib/security/signer.ts";
import type { Memory } from "../../../lib/security/replay-checks.ts";
import type { Trust } from "../../../lib/security/trust.ts";
import { policy } from "../../../lib/security/policy.ts";
import { type HostName, hostName, revision } from "../../../lib/schema/names.ts";
import { bytesToSign, encodeSshsig } from "../../../lib/security/sshsig.ts";

/** A signer with a new key that is in no file. */
export function aSigner(): Signer {
  const { privateKey, publicKey: object } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(object.export({ format: "jwk" }).x ?? "", "base64url");
  const publicKey = publicKeyFrom(ed25519Blob(raw));
  return {
    publicKey,
    fingerprint: publicKey.fingerprint,
    origin: "memory",
    sign: (bytes, namespace) => {
      const signature = sign(null, bytesToSign(bytes, namespace), privateKey);
      return Promise.resolve(encodeSshsig(publicKey, namespace, { type: "ssh-ed25519", bytes: signature }));
    },
  };
}

/** A copy of some bytes with one bit turned over. */
export function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

/** Noon of the day on which all that these tests tell of happens. */
export const NOON = new Date("2026-11-21T12:00:00Z");
const SECONDS = NOON.getTime() / 1_000;

/** Some moment of that day, in seconds after noon. */
export const after = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1_000);

export const revisionOf = (digit: string) => revision.parse(digit.repeat(40));
export const host = (name: string): HostName => hostName.parse(name);

/** A deploy of shop to two hosts, issued at noon. */
export function aDeploy(given: Readonly<Record<string, unknown>> = {}): Authorisation {
  const command = {
    v: 1,
    kind: "deploy",
    id: newCommandId(),
    app: "shop",
    environment: "production",
    release: { type: "git", commit: revisionOf("c"), ref: "refs/tags/v2" },
    hosts: ["web1", "web2"],
    seq: NOON.getTime(),
    expect: { web1: revisionOf("b"), web2: null },
    strategy: { canary: 1, batches: "25%", maxFailures: 0, pauseSeconds: 30, onFailure: "rollback" },
    iat: SECONDS,
    exp: SECONDS + 300,
    why: "ticket 123",
    ...given,
  };
  const decoded = decodeCommand(Buffer.from(JSON.stringify(command)));
  if (!isAuthorisation(decoded)) throw new Error("not an authorisation");
  return decoded;
}

/** An order of the orchestrator to web1, issued at noon. */
export function anOrder(given: Readonly<Record<string, unknown>> = {}): Order {
  const { v, app, environment, iat, exp } = aDeploy();
  const about = { rollout: newCommandId(), authorisation: "a".repeat(64), host: "web1", fence: 7 };
  const command = { v, kind: "go", id: newCommandId(), app, environment, ...about, iat, exp, ...given };
  const decoded = decodeCommand(Buffer.from(JSON.stringify(command)));
  if (!("fence" in decoded)) throw new Error("not an order");
  return decoded;
}

/** A command as it travels, signed for the purpose of its kind. */
export const sealed = (command: Command, signer: Signer) =>
  seal(encodeCommand(command), COMMAND_TYPE, purposes[command.kind], signer);

/** A policy that allows everybody everything. */
export const ANYTHING = policy.parse({
  rules: [
    { who: ["*"], apps: ["*"], environments: ["*"], refs: ["*"], sites: ["*"], kinds: Object.keys(purposes) },
  ],
});

/** Trust in some signers, by name, each for every purpose. */
export function trustIn(signers: Readonly<Record<string, Signer>>, given: Partial<Trust> = {}): Trust {
  const lines = Object.entries(signers).map(([name, { publicKey }]) =>
    allowedSignerLine(name, ["*@skein"], publicKey),
  );
  return {
    signers: parseAllowedSigners(lines.join("\n"), "lines"),
    revoked: new Set(),
    policy: ANYTHING,
    ...given,
  };
}

/** A host that has not accepted anything yet. */
export const NOTHING_YET: Memory = { highWater: 0, recall: () => undefined, latest: () => undefined };
