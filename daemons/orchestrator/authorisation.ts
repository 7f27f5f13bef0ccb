import { Failure } from "../../lib/failure.ts";
import type { SignedEnvelope } from "../../lib/schema/signed-envelope.ts";
import {
  type Command,
  COMMAND_TYPE,
  decodeCommand,
  digestOf,
  isAuthorisation,
} from "../../lib/security/command.ts";
import { namespaces } from "../../lib/security/namespaces.ts";
import { openEnvelope } from "../../lib/security/open-envelope.ts";
import { revisionOf } from "../../lib/security/release.ts";
import { permits, type Policy } from "../../lib/security/policy.ts";
import type { Trust } from "../../lib/security/trust.ts";
import { planBatches } from "./plan.ts";
import type { Rollout } from "./rollout.ts";

/** What a person signed, and who it was. */
export interface Asked {
  readonly command: Command;
  readonly principals: readonly string[];
  readonly by: string;
  readonly digest: string;
}

/**
 * Opens what a person asks for. Hosts check all of it again: here it keeps what no host would take from being tried.
 * @throws {Failure} E_PARSE, E_TYPE, E_SIG_FORMAT, E_KEY, E_REVOKED, E_SIG or E_EXPIRED
 */
export function openAsked(envelope: SignedEnvelope, trust: Trust, now: Date): Asked {
  const { payload, signatures } = openEnvelope(envelope, {
    payloadType: COMMAND_TYPE,
    namespaces: [namespaces.deploy],
    trust,
    now,
  });
  const command = decodeCommand(payload);
  if (now.getTime() > command.exp * 1_000) {
    throw new Failure(
      "E_EXPIRED",
      `Cannot take up ${command.id}: it expired at ${new Date(command.exp * 1_000).toISOString()}`,
    );
  }
  const principals = signatures.map(({ principal }) => principal);
  return { command, principals, by: principals.join(" and "), digest: digestOf(payload) };
}

/**
 * That a rollout may be stopped by those who ask for it. No host checks this: what hosts hear is the orchestrator's own word.
 * @throws {Failure} E_TYPE, E_PRECONDITION or E_POLICY
 */
export function insistMayCancel({ command, principals, by }: Asked, state: Rollout, policy: Policy): void {
  if (command.kind !== "cancel")
    throw new Failure("E_TYPE", `Cannot cancel by a command of kind ${command.kind}`);
  const { rollout, app, environment } = state;
  if (command.rollout !== rollout || command.app !== app || command.environment !== environment)
    throw new Failure("E_PRECONDITION", `Cannot cancel ${rollout}: it is of ${app} in ${environment}`);
  const asks = { ...command, refs: undefined, approvals: [] };
  if (principals.every((principal) => permits(policy, { ...asks, principal }))) return;
  throw new Failure("E_POLICY", `Cannot cancel ${rollout}: no rule of the policy allows it to ${by}`);
}

/**
 * A rollout as it begins: every host is asked to prepare.
 * @throws {Failure} E_TYPE where the command asks for something else
 */
export function beginRollout(
  { command, by, digest }: Asked,
  envelope: SignedEnvelope,
  fence: number,
  now: number,
): Rollout {
  if (!isAuthorisation(command))
    throw new Failure("E_TYPE", `Cannot roll out a command of kind ${command.kind}`);
  const { strategy, hosts, release } = command;
  return {
    rollout: command.id,
    app: command.app,
    environment: command.environment,
    kind: command.kind,
    revision: revisionOf(release),
    ref: release.ref,
    by,
    why: command.why,
    command: envelope,
    digest,
    fence,
    canary: strategy.canary,
    batches: planBatches(hosts, strategy).map((batch) => [...batch]),
    maxFailures: strategy.maxFailures,
    pause: strategy.pauseSeconds * 1_000,
    onFailure: strategy.onFailure,
    startedAt: now,
    phase: "preparing",
    batch: 0,
    batchFrom: now,
    hosts: Object.fromEntries(
      hosts.map((host) => [host, { state: "preparing" as const, since: now, heard: false }]),
    ),
  };
}
