import { Failure } from "../failure.ts";
import { ACCESS_TYPE, type AccessCommand, decodeAccess } from "./access-command.ts";
import { type Check, insist } from "./check.ts";
import { namespaces } from "./namespaces.ts";
import { openEnvelope, type Signature } from "./open-envelope.ts";
import { approvalsLacking } from "./policy.ts";
import { type Memory, placeOf, replayChecks } from "./replay-checks.ts";
import type { Trust } from "./trust.ts";
import { approvalsOf, authorOf, LONGEST_WAIT, purposeCheck, timeChecks } from "./verify.ts";

/** A command about access that passed every check. */
export interface AcceptedAccess {
  readonly command: AccessCommand;
  /** Who asks. */
  readonly principal: string;
  /** Whether it was accepted before, and nothing newer about the same login since: doing it again changes nothing. */
  readonly isRepeat: boolean;
}

interface Circumstances {
  readonly trust: Trust;
  readonly now: Date;
  readonly replay: Memory;
}

interface Evidence extends Circumstances {
  readonly command: AccessCommand;
  readonly author: Signature;
  readonly approvals: readonly string[];
  readonly memory: Memory;
}

const life: Check<Evidence> = {
  name: "life",
  code: "E_TTL",
  objection: ({ command: { iat, exp } }) =>
    exp >= iat && exp - iat <= LONGEST_WAIT ? undefined : `it would be valid for ${exp - iat} s`,
};

const allowance: Check<Evidence> = {
  name: "policy",
  code: "E_POLICY",
  objection: ({ command: { kind, site }, author: { principal }, approvals, trust: { policy } }) => {
    const lacking = approvalsLacking(policy, { principal, site, kind, approvals });
    if (lacking === 0) return undefined;
    return Number.isFinite(lacking)
      ? `${principal}, for ${kind} at ${site}, lacks ${lacking} approvals`
      : `no rule of the policy allows ${principal} to ${kind} at ${site}`;
  },
};

/** The questions to a word about access that is signed, in their order. */
export const accessChecks: readonly Check<Evidence>[] = [purposeCheck, life, ...timeChecks];

/**
 * Checks a word about access that came from anywhere: form, type, signatures, and only then what it says. After it:
 * `ReplayJournal.begin`, unless it is a repeat, and only then the deed.
 * @throws {Failure} with the code of the first objection
 */
export function verifyAccess(received: unknown, { trust, now, replay }: Circumstances): AcceptedAccess {
  const { payload, signatures } = openEnvelope(received, {
    payloadType: ACCESS_TYPE,
    namespaces: [namespaces.access, namespaces.approve],
    trust,
    now,
  });
  const author = authorOf(signatures);
  const approvals = approvalsOf(signatures, author.principal);
  const command = decodeAccess(payload);
  const isRepeat = replay.recall(command.id) !== undefined;
  const evidence = { trust, now, replay, memory: replay, command, author, approvals };
  insist([...accessChecks, ...(isRepeat ? [] : replayChecks), allowance], evidence);
  if (isRepeat && replay.latest(placeOf(command)?.stream ?? "") !== command.seq)
    throw new Failure("E_OLD", "Cannot accept the command: a newer one about the same login was accepted");
  return { command, principal: author.principal, isRepeat };
}
