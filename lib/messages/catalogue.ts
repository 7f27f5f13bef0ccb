import { z } from "zod";
import {
  appName,
  buildId,
  commandId,
  environmentName,
  hostName,
  isNoRevision,
  refName,
  releaseName,
  repositoryName,
  revision,
  shortRef,
  shortRevision,
} from "../schema/names.ts";
import { signedEnvelope } from "../schema/signed-envelope.ts";

/**
 * How a message travels: *news* fans out; *durable* news also reaches a named subscriber that was away;
 * *work* goes to exactly one taker, and comes back if the taker dies.
 */
export type Kind = "news" | "durable" | "work";

interface Entry<Schema extends z.ZodType> {
  readonly summary: string;
  readonly kind: Kind;
  /** Where it goes, below the prefix. `{host}` stands for the host that it is for. */
  readonly destination: string;
  readonly data: Schema;
  /** All that tells this message from another of its type: its id is derived from it. */
  readonly identity: (data: z.infer<Schema>) => readonly (string | number)[];
  /** One line for people. */
  readonly line: (data: z.infer<Schema>) => string;
}

const entry = <Schema extends z.ZodType>(definition: Entry<Schema>): Entry<Schema> => definition;

const text = (most: number) => z.string().max(most);
const instant = z.iso.datetime({ offset: true });
const lines = z.array(text(4_100)).max(1_000);
const seconds = z.number().min(0);
const sequence = z.int().min(0).describe("Counts up, so that lines can be put in order.");
const problem = {
  code: text(40).optional().describe("What went wrong, as one of the error codes."),
  reason: text(8_000).optional().describe("What went wrong, for people."),
};

const commit = z.object({
  revision,
  author: z.object({ name: text(300), email: text(300) }),
  at: instant,
  message: text(4_096),
});
export type Commit = z.infer<typeof commit>;

/** What a step of a build, or a build, came to. */
const buildOutcome = z.enum(["passed", "failed", "errored", "cancelled"]);
const built = { build: buildId, repository: repositoryName, ref: refName, revision };

/** What is live of an app on a host. */
export const liveRelease = z.object({
  release: releaseName,
  revision,
  ref: refName,
  since: instant,
  by: text(300),
  rollout: commandId,
});

/** One app, as a host tells of it. */
const carriedApp = z.object({
  app: appName,
  environment: environmentName,
  live: liveRelease.nullable(),
  former: liveRelease.nullable().describe("What was live before, which a rollback makes live again."),
  refs: z
    .array(z.object({ ref: refName, revision }))
    .optional()
    .describe("Where it was asked for."),
});
export type CarriedApp = z.infer<typeof carriedApp>;
export type LiveRelease = z.infer<typeof liveRelease>;

/** How far one host is in a rollout. */
const hostState = z.enum([
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

const rolloutOutcome = z.enum(["succeeded", "failed", "refused", "cancelled", "rolled-back"]);
export type RolloutOutcome = z.infer<typeof rolloutOutcome>;

const aboutDeploy = { rollout: commandId, app: appName, host: hostName };

/** Every type of message: what it says, how it travels, where, and what tells two of them apart. */
export const catalogue = {
  "commit.pushed": entry({
    summary: "A ref of a repository moved.",
    kind: "durable",
    destination: "git.commits",
    data: z.object({
      repository: repositoryName,
      ref: refName,
      before: revision.describe("Where the ref was; only zeros where it is new."),
      after: revision.describe(
        "Where it is now; only zeros where it was deleted. Of a tag, the commit that it leads to.",
      ),
      change: z.enum(["created", "updated", "forced", "deleted"]),
      pusher: text(300).optional().describe("Who pushed, as the git server knows them."),
      at: instant,
      commits: z.array(commit).max(100).describe("The newest first; the first hundred."),
      total: z.int().min(0).describe("How many commits the push brought, listed or not."),
    }),
    identity: ({ repository, ref, before, after, at }) => [repository, ref, before, after, at],
    line: ({ repository, ref, after, change, total, commits }) =>
      isNoRevision(after)
        ? `[${repository}] ${shortRef(ref)} deleted`
        : `[${repository}] ${shortRef(ref)} ${change}: ${shortRevision(after)}, ${counted(total, "commit")}` +
          (commits[0] === undefined ? "" : `, ${firstLine(commits[0].message)}`),
  }),
  "build.requested": entry({
    summary: "Somebody should build this revision.",
    kind: "work",
    destination: "ci.builds",
    data: z.object({
      ...built,
      pipeline: text(300).describe("The name of the recipe: that of the repository."),
    }),
    identity: ({ build }) => [build],
    line: ({ build }) => `build of ${build} requested`,
  }),
  "build.started": entry({
    summary: "A build began.",
    kind: "durable",
    destination: "ci.status",
    data: z.object({ ...built, host: hostName, at: instant }),
    identity: ({ build, at }) => [build, at],
    line: ({ repository, ref, revision }) =>
      `build of ${repository} ${shortRef(ref)} ${shortRevision(revision)} started`,
  }),
  "build.log": entry({
    summary: "Lines that a build printed.",
    kind: "news",
    destination: "ci.log",
    data: z.object({ build: buildId, sequence, step: text(200), lines }),
    identity: ({ build, sequence, step, lines: said }) => [build, sequence, step, said.join("\n")],
    line: ({ build, step }) => `${build}: ${step}`,
  }),
  "build.finished": entry({
    summary: "A build ended, and how.",
    kind: "durable",
    destination: "ci.status",
    data: z.object({
      ...built,
      outcome: buildOutcome,
      ...problem,
      at: instant,
      seconds,
      steps: z.array(z.object({ name: text(200), outcome: buildOutcome, seconds })).max(100),
    }),
    identity: ({ build, outcome, at }) => [build, outcome, at],
    line: ({ repository, ref, revision, outcome, reason }) =>
      `build of ${repository} ${shortRef(ref)} ${shortRevision(revision)} ${outcome}${reason === undefined ? "" : `: ${firstLine(reason)}`}`,
  }),
  "mirror.updated": entry({
    summary: "A mirror was fetched and something in it changed.",
    kind: "news",
    destination: "mirrors",
    data: z.object({
      repository: repositoryName,
      host: hostName,
      changes: z.array(z.object({ ref: text(300), before: revision, after: revision })).max(1_000),
      at: instant,
      seconds,
    }),
    identity: ({ repository, host, at }) => [repository, host, at],
    line: ({ repository, host, changes }) =>
      `${host} fetched ${repository}: ${counted(changes.length, "ref")} changed`,
  }),
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
      ref: refName,
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
      `${app} on ${host}: ${state}${reason === undefined ? "" : `: ${firstLine(reason)}`}`,
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
  "host.asked": entry({
    summary: "Who is there, and what do you carry?",
    kind: "news",
    destination: "hosts.ask",
    data: z.object({
      question: commandId,
      app: appName.optional().describe("Only hosts that carry this app need answer."),
      refs: z.boolean().describe("Whether the answer should list branches and tags."),
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
    destination: "events",
    data: z.object({ source: text(40), text: text(2_000), at: instant }),
    identity: ({ source, text: said, at }) => [source, said, at],
    line: ({ source, text: said }) => `${source}: ${firstLine(said)}`,
  }),
} as const;

/** The name of a type of message. */
export type MessageType = keyof typeof catalogue;

/** What a message of a type holds. */
export type Data<Type extends MessageType> = z.infer<(typeof catalogue)[Type]["data"]>;

/** A typed fact or request, before it gets an id. */
export type Message<Type extends MessageType = MessageType> = {
  readonly [Each in Type]: { readonly type: Each; readonly data: Data<Each> };
}[Type];

/** Makes a message of a type of the catalogue. */
export function message<Type extends MessageType>(type: Type, data: Data<Type>): Message<Type> {
  return { type, data };
}

/** Whether a name is that of a type of the catalogue. */
export const isMessageType = (name: string): name is MessageType => Object.hasOwn(catalogue, name);

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

function firstLine(said: string): string {
  return said.slice(0, 200).split("\n", 1)[0] ?? "";
}
