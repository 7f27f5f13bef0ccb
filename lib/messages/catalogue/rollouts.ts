import { z } from "zod";
import {
  appName,
  commandId,
  environmentName,
  hostName,
  releaseRef,
  revision,
  shortRef,
  shortRevision,
} from "../../schema/names.ts";
import { signedEnvelope } from "../../schema/signed-envelope.ts";
import { aboutDeploy } from "./deploys.ts";
import { entry, text, instant, seconds, counted, firstLine, problem } from "./entry.ts";

/** How far one host is in a rollout. */
export const hostState = z.enum([
  "waiting",
  "preparing",
  "prepared",
  "deploying",
  "live",
  "failed",
  "refused",
  "away",
  "cancelled",
  "reverting",
  "reverted",
]);
export type HostState = z.infer<typeof hostState>;

/** What a rollout came to. */
export const rolloutOutcome = z.enum(["succeeded", "failed", "refused", "cancelled", "rolled-back"]);
export type RolloutOutcome = z.infer<typeof rolloutOutcome>;

/** What is told of rollouts. */
export const rollouts = {
  "rollout.requested": entry({
    summary: "A person, or a rule, asks for a rollout.",
    kind: "work",
    destination: "rollouts",
    data: z.object({ rollout: commandId, command: signedEnvelope }),
    identity: ({ rollout }) => [rollout],
    line: ({ rollout }) => `rollout ${rollout} requested`,
  }),
  "rollout.cancelled": entry({
    summary: "A person asks for the end of a rollout.",
    kind: "work",
    destination: "rollouts",
    data: z.object({ rollout: commandId, command: signedEnvelope }),
    identity: ({ rollout, command }) => [rollout, command.payload],
    line: ({ rollout }) => `end of rollout ${rollout} asked for`,
  }),
  "rollout.started": entry({
    summary: "The orchestrator took up a rollout.",
    kind: "durable",
    destination: "rollouts.news",
    data: z.object({
      rollout: commandId,
      app: appName,
      environment: environmentName,
      kind: z.enum(["deploy", "rollback"]),
      revision,
      ref: releaseRef,
      by: text(300).describe("The principal of the key that signed."),
      why: text(500),
      batches: z.array(z.array(hostName)).max(1_000).describe("Which hosts go together, in order."),
      at: instant,
    }),
    identity: ({ rollout }) => [rollout],
    line: ({ app, ref, revision, by, batches }) =>
      `${by} rolls out ${app} ${shortRef(ref)} (${shortRevision(revision)}) to ${counted(batches.flat().length, "host")}`,
  }),
  "rollout.progress": entry({
    summary: "A host got further in a rollout.",
    kind: "durable",
    destination: "rollouts.news",
    data: z.object({ ...aboutDeploy, state: hostState, ...problem, at: instant }),
    identity: ({ rollout, host, state }) => [rollout, host, state],
    line: ({ app, host, state, reason }) =>
      `rollout of ${app}: ${host} ${state}${reason === undefined ? "" : `: ${firstLine(reason)}`}`,
  }),
  "rollout.finished": entry({
    summary: "A rollout ended, and how.",
    kind: "durable",
    destination: "rollouts.news",
    data: z.object({
      rollout: commandId,
      app: appName.optional(),
      revision: revision.optional(),
      outcome: rolloutOutcome,
      ...problem,
      hosts: z.array(z.object({ host: hostName, state: hostState, ...problem })).max(1_000),
      at: instant,
      seconds,
    }),
    identity: ({ rollout, outcome }) => [rollout, outcome],
    line: ({ app, outcome, reason }) =>
      `rollout of ${app ?? "an app"} ${outcome}${reason === undefined ? "" : `: ${firstLine(reason)}`}`,
  }),
} as const;
