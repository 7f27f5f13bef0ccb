import { z } from "zod";
import {
  appName,
  commandId,
  hostName,
  partName,
  refName,
  releaseName,
  releaseRef,
  revision,
} from "../../schema/names.ts";
import { signedEnvelope } from "../../schema/signed-envelope.ts";
import { entry, text, instant, lines, seconds, sequence, counted, firstLine, problem } from "./entry.ts";

/** Which deploy a message is about. */
export const aboutDeploy = { rollout: commandId, app: appName, host: hostName };

/** What is live of an app on a host. */
export const liveRelease = z.object({
  release: releaseName,
  revision,
  ref: releaseRef,
  parts: z
    .array(z.object({ part: partName, commit: revision, ref: refName }))
    .optional()
    .describe("Of a site: what each of its parts stands at."),
  since: instant,
  by: text(300),
  rollout: commandId,
});

export type LiveRelease = z.infer<typeof liveRelease>;

/** What is told of deploys, and what hosts are told. */
export const deploys = {
  "deploy.authorised": entry({
    summary: "A signed rollout, handed to one of its hosts: check it and prepare.",
    kind: "news",
    destination: "agent.{host}",
    data: z.object({ host: hostName, rollout: commandId, command: signedEnvelope }),
    identity: ({ host, rollout }) => [host, rollout],
    line: ({ host, rollout }) => `${host} may prepare rollout ${rollout}`,
  }),
  "deploy.go": entry({
    summary: "The turn of this host: make live what was prepared, or go back to the former release.",
    kind: "news",
    destination: "agent.{host}",
    data: z.object({ host: hostName, rollout: commandId, command: signedEnvelope }),
    identity: ({ host, rollout, command }) => [host, rollout, command.payload],
    line: ({ host, rollout }) => `${host} may go on with rollout ${rollout}`,
  }),
  "deploy.cancelled": entry({
    summary: "What was prepared on this host is not wanted any more.",
    kind: "news",
    destination: "agent.{host}",
    data: z.object({ host: hostName, rollout: commandId, command: signedEnvelope }),
    identity: ({ host, rollout }) => [host, rollout],
    line: ({ host, rollout }) => `${host} need not go on with rollout ${rollout}`,
  }),
  "deploy.accepted": entry({
    summary: "A host checked an authorisation and wrote it down.",
    kind: "durable",
    destination: "deploys",
    data: z.object({ ...aboutDeploy, at: instant }),
    identity: ({ rollout, host, at }) => [rollout, host, at],
    line: ({ app, host }) => `${app} on ${host}: accepted`,
  }),
  "deploy.prepared": entry({
    summary: "A host has the release ready beside the live one.",
    kind: "durable",
    destination: "deploys",
    data: z.object({ ...aboutDeploy, release: releaseName, at: instant, seconds }),
    identity: ({ rollout, host, at }) => [rollout, host, at],
    line: ({ app, host, release }) => `${app} on ${host}: ${release} prepared`,
  }),
  "deploy.progress": entry({
    summary: "A deploy entered a phase.",
    kind: "news",
    destination: "deploys",
    data: z.object({ ...aboutDeploy, phase: text(40), at: instant }),
    identity: ({ rollout, host, phase, at }) => [rollout, host, phase, at],
    line: ({ app, host, phase }) => `${app} on ${host}: ${phase}`,
  }),
  "deploy.log": entry({
    summary: "Lines that a script of a deploy printed.",
    kind: "news",
    destination: "deploys",
    data: z.object({ ...aboutDeploy, phase: text(40), sequence, lines }),
    identity: ({ rollout, host, phase, sequence }) => [rollout, host, phase, sequence],
    line: ({ app, host, phase, lines: said }) =>
      `${app} on ${host}: ${phase}: ${counted(said.length, "line")}`,
  }),
  "deploy.finished": entry({
    summary: "A deploy ended on a host: what is live there now.",
    kind: "durable",
    destination: "deploys",
    data: z.object({
      ...aboutDeploy,
      outcome: z.enum(["live", "failed", "rolled-back", "reverted", "cancelled"]),
      revision,
      live: liveRelease.nullable(),
      phase: text(40).optional(),
      ...problem,
      at: instant,
      seconds,
    }),
    identity: ({ rollout, host, outcome, at }) => [rollout, host, outcome, at],
    line: ({ app, host, outcome, reason }) =>
      `${app} on ${host}: ${outcome}${reason === undefined ? "" : `: ${firstLine(reason)}`}`,
  }),
  "deploy.refused": entry({
    summary: "A host refused a command, and why.",
    kind: "durable",
    destination: "deploys",
    data: z.object({ rollout: commandId, host: hostName, code: text(40), reason: text(8_000), at: instant }),
    identity: ({ rollout, host, code, at }) => [rollout, host, code, at],
    line: ({ host, code, reason }) => `${host} refused: ${code}: ${firstLine(reason)}`,
  }),
} as const;
