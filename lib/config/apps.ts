import { z } from "zod";
import { EVERY_HOST, hostFilter } from "../schema/filter.ts";
import { appName, environmentName, repositoryName } from "../schema/names.ts";
import { duration, portion } from "../schema/quantities.ts";

/** How a rollout goes over the hosts. Durations in milliseconds. */
export const strategy = z.strictObject({
  canary: z.int().min(0).max(1_000).default(1).describe("How many hosts go first, alone; 0 for none."),
  batches: portion
    .default("25%")
    .describe("How many of the other hosts go at once: a count, or a share of all."),
  "max-failures": z.int().min(0).default(0).describe("How many hosts may fail before everything stops."),
  pause: duration.prefault("0s").describe("How long to wait between batches."),
  "on-failure": z
    .enum(["stop", "rollback"])
    .default("stop")
    .describe("Whether hosts that were switched go back when the rollout fails."),
});

/** Text in which `{host}`, `{app}`, `{environment}` and `{label.NAME}` stand for what is true on a host. */
const perHost = z
  .string()
  .min(1)
  .max(500)
  .regex(/^([^{}]|\{(host|app|environment|label\.[A-Za-z][A-Za-z0-9._-]*)\})*$/, {
    error:
      "must be text in which {host}, {app}, {environment} and {label.NAME} stand for what is true on a host",
  });

const check = z.strictObject({
  url: perHost.describe("Asked after the release is published; `{host}` and `{label.NAME}` are filled in."),
  status: z.int().min(100).max(599).default(200).describe("The status that the answer must have."),
  contains: z
    .string()
    .max(500)
    .optional()
    .describe("Text that the answer must hold; `{revision}` is filled in."),
  deadline: duration.prefault("30s").describe("How long the app may take until it answers right."),
  interval: duration.prefault("250ms").describe("How long to wait between two tries."),
});
export type Check = z.infer<typeof check>;

/** One thing that gets deployed: its repository, its place on a host, the hosts, the check. */
export const app = z.strictObject({
  repository: repositoryName.describe("Which of `repositories` it comes from."),
  environment: environmentName
    .default(environmentName.parse("production"))
    .describe("Named in policies and scripts."),
  hosts: hostFilter.default(EVERY_HOST).describe("Which hosts carry it: a filter over names and labels."),
  root: perHost.describe("Its folder on a host: `releases`, `current` and `shared` are made in it."),
  shared: z
    .array(
      z.string().regex(/^(?!.*\.\.)[A-Za-z0-9._][A-Za-z0-9._/-]*$/, { error: "must be a relative path" }),
    )
    .default([])
    .describe("Paths that outlive releases: linked from `shared/` into each."),
  scripts: z
    .string()
    .regex(/^(?!.*\.\.)[A-Za-z0-9._][A-Za-z0-9._/-]*$/, { error: "must be a folder in the repository" })
    .default("deploy")
    .describe("The folder of the repository that holds pre-deploy, pre-link and post-deploy."),
  "script-timeout": duration.prefault("10m").describe("How long a script may run."),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, { error: "must be a user name such as www-data" })
    .optional()
    .describe("The user that scripts run as; the agent's own where it is left out."),
  keep: z.int().min(1).max(1_000).default(5).describe("How many former releases stay for a rollback."),
  symlinks: z
    .enum(["inside", "any"])
    .default("inside")
    .describe("Whether links of the repository may lead out of the release."),
  check: check.optional().describe("How to see that the app works."),
  requires: z
    .array(z.enum(["build"]))
    .default([])
    .describe("What a revision must have before it may be deployed."),
  strategy: strategy.prefault({}).describe("How a rollout goes over the hosts."),
});
export type App = z.infer<typeof app>;

export const apps = z.record(appName, app).default({});

/** Fills in what stands for facts of a host. */
export function fill(
  text: string,
  facts: { host: string; app: string; environment: string; labels: Readonly<Record<string, string>> },
): string {
  return text.replace(
    /\{(host|app|environment|label\.([A-Za-z][A-Za-z0-9._-]*))\}/g,
    (whole, key: string, label?: string) => {
      if (label !== undefined)
        return Object.hasOwn(facts.labels, label) ? (facts.labels[label] ?? "") : whole;
      return facts[key as "host" | "app" | "environment"];
    },
  );
}
