import { Failure } from "../failure.ts";
import type { SignedEnvelope } from "../schema/signed-envelope.ts";
import { lineFor } from "./allowed-signers.ts";
import { fromBase64 } from "./base64.ts";
import { type Check, insist } from "./check.ts";
import { payloadOf, readEnvelope } from "./envelope.ts";
import type { Namespace } from "./namespaces.ts";
import { decodeSshsig, type Sshsig, sshsigFits } from "./sshsig.ts";
import type { Trust } from "./trust.ts";

/** A signature that was checked: who made it, with which key, for which purpose. */
export interface Signature {
  readonly principal: string;
  readonly fingerprint: string;
  readonly namespace: string;
}

/** What an envelope holds, once all its signatures were checked. */
export interface Opened {
  readonly payload: Buffer;
  /** At least one. */
  readonly signatures: readonly Signature[];
}

interface Terms {
  readonly payloadType: string;
  /** The purposes that its signatures may have been made for. */
  readonly namespaces: readonly Namespace[];
  readonly trust: Pick<Trust, "signers" | "revoked">;
  readonly now: Date;
}

interface Evidence extends Terms {
  readonly payload: Buffer;
  readonly sshsig: Sshsig;
}

const lineOf = ({ trust, sshsig: { key, namespace }, now }: Evidence) =>
  lineFor(trust.signers, { key, namespace, now });

/** The questions to every signature of an envelope, before anybody looks at what is in it. */
export const signatureChecks: readonly Check<Evidence>[] = [
  {
    name: "purpose",
    code: "E_KEY",
    objection: ({ namespaces, sshsig: { namespace } }) =>
      namespaces.some((each) => each === namespace) ? undefined : `it is signed for ${namespace}`,
  },
  {
    name: "key",
    code: "E_KEY",
    objection: (evidence) => {
      const line = lineOf(evidence);
      return typeof line === "string" ? line : undefined;
    },
  },
  {
    name: "revocation",
    code: "E_REVOKED",
    objection: ({ trust, sshsig: { key } }) =>
      trust.revoked.has(key.fingerprint) ? `${key.fingerprint} is revoked` : undefined,
  },
  {
    name: "signature",
    code: "E_SIG",
    objection: ({ sshsig, payload }) =>
      sshsigFits(sshsig, payload, sshsig.namespace) ? undefined : "its signature does not fit its bytes",
  },
];

/**
 * Opens an envelope that came as bytes, or inside a message that was read: its form, its type, the form of its
 * signatures, then the questions to each of them. One signature that does not pass refuses the whole.
 * @throws {Failure} E_PARSE, E_TYPE, E_SIG_FORMAT, E_KEY, E_REVOKED or E_SIG
 */
export function openEnvelope(received: unknown, terms: Terms): Opened {
  const envelope = readEnvelope(received);
  const payload = payloadOf(envelope);
  if (envelope.payloadType !== terms.payloadType)
    throw new Failure("E_TYPE", `Cannot accept the command: it is not of type ${terms.payloadType}`);
  const signatures = sshsigsOf(envelope).map((sshsig) => {
    const evidence = { ...terms, payload, sshsig };
    insist(signatureChecks, evidence);
    return signatureFrom(evidence);
  });
  return { payload, signatures };
}

function sshsigsOf({ signatures }: SignedEnvelope): readonly Sshsig[] {
  if (signatures.length === 0)
    throw new Failure("E_SIG_FORMAT", "Cannot accept the command: it is not signed");
  return signatures.map(({ keyid, sig }) => {
    const blob = fromBase64(sig);
    if (blob === undefined) throw new Failure("E_SIG_FORMAT", "Cannot read a signature: it is not base64");
    const sshsig = decodeSshsig(blob);
    if (sshsig.key.fingerprint !== keyid)
      throw new Failure("E_SIG_FORMAT", "Cannot read a signature: it is of another key than it says");
    return sshsig;
  });
}

function signatureFrom(evidence: Evidence): Signature {
  const line = lineOf(evidence);
  const { key, namespace } = evidence.sshsig;
  if (typeof line === "string") throw new Failure("E_KEY", `Cannot accept the command: ${line}`);
  return { principal: line.principal, fingerprint: key.fingerprint, namespace };
}
