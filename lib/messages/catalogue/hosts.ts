import { z } from "zod";
import {
  appName,
  commandId,
  environmentName,
  hostName,
  partName,
  refName,
  releaseName,
  revision,
} from "../../schema/names.ts";
import { liveRelease } from "./deploys.ts";
import { entry, text, instant, counted, firstLine } from "./entry.ts";

/** A release that is on a host, and what became of it there. */
const toldRelease = z.object({
  release: releaseName,
  revision: revision.optional(),
  built: instant.optional(),
  from: instant.optional().describe("When it last went live."),
  to: instant.optional().describe("When it last ceased to be live."),
  failed: instant.optional(),
  why: text(500).optional(),
});
export type ToldRelease = z.infer<typeof toldRelease>;

/** One app, as a host tells of it. */
const carriedApp = z.object({
  app: appName,
  environment: environmentName,
  live: liveRelease.nullable(),
  former: liveRelease.nullable().describe("What was live before, which a rollback makes live again."),
  refs: z
    .array(
      z.object({
        part: partName.optional().describe("Of a site: which part has it."),
        ref: refName,
        revision,
      }),
    )
    .optional()
    .describe("Where it was asked for."),
  releases: z
    .array(toldRelease)
    .max(1_100)
    .optional()
    .describe("Those that are on the host, the oldest first, where it was asked for."),
});
export type CarriedApp = z.infer<typeof carriedApp>;
/** What hosts and daemons tell of themselves. */
export const hosts = {
  "host.asked": entry({
    summary: "Who is there, and what do you carry?",
    kind: "news",
    destination: "hosts.ask",
    data: z.object({
      question: commandId,
      app: appName.optional().describe("Only hosts that carry this app need answer."),
      refs: z.boolean().describe("Whether the answer should list branches and tags."),
      releases: z.boolean().optional().describe("Whether it should list releases."),
    }),
    identity: ({ question }) => [question],
    line: ({ app }) => `who carries ${app ?? "anything"}?`,
  }),
  "host.alive": entry({
    summary: "A host tells who it is, and what is live on it.",
    kind: "durable",
    destination: "hosts",
    data: z.object({
      host: hostName,
      question: commandId.optional().describe("The question that this answers."),
      version: text(40),
      labels: z.record(z.string().max(64), text(253)),
      facts: z.record(z.string().max(64), text(1_000)),
      classes: z
        .array(text(253))
        .max(1_000)
        .optional()
        .describe("Those that its configuration management gave it."),
      apps: z.array(carriedApp).max(1_000),
      at: instant,
    }),
    identity: ({ host, question, at }) => [host, question ?? "", at],
    line: ({ host, apps }) => `${host} is there, with ${counted(apps.length, "app")}`,
  }),
  "daemon.alive": entry({
    summary: "A daemon's state.",
    kind: "news",
    destination: "daemons",
    data: z.object({
      daemon: text(40),
      host: hostName,
      version: text(40),
      state: z.enum(["starting", "ready", "draining", "stopped"]),
      at: instant,
    }),
    identity: ({ daemon, host, state, at }) => [daemon, host, state, at],
    line: ({ daemon, host, state }) => `${daemon} on ${host} is ${state}`,
  }),
  "event.said": entry({
    summary: "One line for people.",
    kind: "news",
    destination: "events.{source}",
    data: z.object({ source: text(40), text: text(2_000), at: instant }),
    identity: ({ source, text: said, at }) => [source, said, at],
    line: ({ source, text: said }) => `${source}: ${firstLine(said)}`,
  }),
} as const;
