import type { Code } from "../codes.ts";
import { Failure } from "../failure.ts";
import type { HostName } from "../schema/names.ts";
import { type Check, insist } from "./check.ts";
import {
  type Command,
  COMMAND_TYPE,
  decodeCommand,
  digestOf,
  isAuthorisation,
  purposes,
  type SignedCommand,
} from "./command.ts";
import { namespaces } from "./namespaces.ts";
import { openEnvelope, type Signature } from "./open-envelope.ts";
import { endOf, type Memory, type Recorded, replayChecks, SKEW } from "./replay-checks.ts";
import type { TrustSource } from "./trust.ts";

/** How long a command may be under way, in seconds. */
const LONGEST_LIFE = 900;
/** How long it may wait for a host that is away, in seconds. */
export const LONGEST_WAIT = 30 * 86_400;

/** A command that passed every check that needs nothing of what is live: what remains is `admit`. */
export interface Accepted {
  readonly verdict: "accepted";
  readonly command: Command;
  /** Who asks. */
  readonly principal: string;
  readonly fingerprint: string;
  /** Who else signed to approve. */
  readonly approvals: readonly string[];
  /** SHA-256 of the payload: what orders and replies name the command by. */
  readonly digest: string;
}

/** A command that must not run. */
export interface Refused {
  readonly verdict: "refused";
  readonly code: Code;
  readonly reason: string;
  /** What was asked, once its signatures were checked. Without it nobody is answered: the sender is unknown. */
  readonly command?: Command;
  /** For a repeat: what became of the first. */
  readonly recorded?: Recorded;
}

/** `ignored`: properly signed, but for other hosts. */
export type Verdict = Accepted | Refused | { readonly verdict: "ignored" };

interface Circumstances {
  readonly trust: TrustSource;
  /** Whose commands are looked for; `null` for one who looks on, such as the orchestrator. */
  readonly host: HostName | null;
  readonly now: Date;
  readonly replay: Memory;
}

interface SignedEvidence {
  readonly command: SignedCommand;
  readonly author: Signature;
  readonly now: Date;
}

interface Evidence extends SignedEvidence {
  readonly command: Command;
  readonly memory: Memory;
}

/** Whether a command was signed for what it asks. */
export const purposeCheck: Check<SignedEvidence> = {
  name: "purpose",
  code: "E_KEY",
  objection: ({ command: { kind }, author: { namespace } }) =>
    namespace === purposes[kind] ? undefined : `${kind} is signed for ${namespace}`,
};

/** Whether now is within the time of a command. */
export const timeChecks: readonly Check<SignedEvidence>[] = [
  {
    name: "issue",
    code: "E_FUTURE",
    objection: ({ command: { iat }, now }) =>
      iat * 1_000 <= now.getTime() + SKEW ? undefined : `it was issued at ${instant(iat * 1_000)}`,
  },
  {
    name: "expiry",
    code: "E_EXPIRED",
    objection: ({ command, now }) =>
      now.getTime() <= endOf(command) ? undefined : `it expired at ${instant(endOf(command))}`,
  },
];

/** The questions to a command that is signed and for this host. Those about what is live follow: `admit`. */
export const commandChecks: readonly Check<Evidence>[] = [
  purposeCheck,
  {
    name: "life",
    code: "E_TTL",
    objection: ({ command }) => {
      const { iat, exp } = command;
      const wait = endOf(command) / 1_000 - iat;
      const passes = exp >= iat && exp - iat <= LONGEST_LIFE && wait >= exp - iat && wait <= LONGEST_WAIT;
      return passes
        ? undefined
        : `it would be valid for ${exp - iat} s, and for ${wait} s where a host is away`;
    },
  },
  ...timeChecks,
  ...replayChecks,
];

/**
 * Checks a command that came from anywhere, in this order: form, type, signatures (`openEnvelope`); only then what it
 * says: whether it is for this host, then `commandChecks`. The first objection is the verdict.
 */
export function verifyCommand(received: unknown, { trust, host, now, replay }: Circumstances): Verdict {
  let command: Command | undefined;
  try {
    const purposesOfAll = [namespaces.deploy, namespaces.go, namespaces.approve];
    const terms = { payloadType: COMMAND_TYPE, namespaces: purposesOfAll, trust: trust.current(), now };
    const { payload, signatures } = openEnvelope(received, terms);
    const author = authorOf(signatures);
    command = decodeCommand(payload);
    if (host !== null && !isFor(command, host)) return { verdict: "ignored" };
    insist(commandChecks, { command, author, now, memory: replay });
    const { principal, fingerprint } = author;
    const approvals = approvalsOf(signatures, principal);
    return { verdict: "accepted", command, principal, fingerprint, approvals, digest: digestOf(payload) };
  } catch (error) {
    return refusal(error, command, replay);
  }
}

const instant = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Exactly one person asks; whoever else signed, approves. */
export function authorOf(signatures: readonly Signature[]): Signature {
  const [author, ...others] = signatures.filter(({ namespace }) => namespace !== namespaces.approve);
  if (author !== undefined && others.length === 0) return author;
  throw new Failure(
    "E_SIG_FORMAT",
    "Cannot accept the command: it needs exactly one signature that is no approval",
  );
}

/** Who signed to approve, beside the one who asks. */
export function approvalsOf(signatures: readonly Signature[], principal: string): readonly string[] {
  const approving = signatures.filter(({ namespace }) => namespace === namespaces.approve);
  return [...new Set(approving.map((each) => each.principal))].filter((each) => each !== principal);
}

function isFor(command: Command, host: HostName): boolean {
  if (isAuthorisation(command)) return command.hosts.includes(host);
  return command.kind === "cancel" || command.host === host;
}

function refusal(error: unknown, command: Command | undefined, memory: Memory): Refused {
  if (!(error instanceof Failure)) throw error;
  const { code, message: reason } = error;
  const recorded = command && code === "E_REPLAY" ? memory.recall(command.id) : undefined;
  return { verdict: "refused", code, reason, ...(command && { command }), ...(recorded && { recorded }) };
}
