import { join } from "node:path";
import { z } from "zod";
import type { Surroundings } from "../lib/daemon/define.ts";
import { duration, size } from "../lib/schema/quantities.ts";

const folder = z.string().max(1_000).regex(/^\//, { error: "must be an absolute path" });

/** Where facts of a host are found. Durations in milliseconds. */
const facts = z
  .strictObject({
    folders: z
      .array(folder)
      .default(["/etc/skein/facts.d"])
      .describe(
        "Folders of facts: .json, .yaml and .txt files, and programs that print such. Later ones hold.",
      ),
    files: z
      .array(folder)
      .default([])
      .describe("Single files of facts, such as MCollective's facts.yaml; folders hold before them."),
    classes: z
      .array(folder)
      .default([])
      .describe("Files with the classes of this host, one in a line, such as Puppet's classes.txt."),
    timeout: duration.prefault("5s").describe("How long a program of a folder may run."),
    refresh: duration.prefault("5m").describe("How old facts may be before they are looked up again."),
  })
  .prefault({});
export type FactsConfig = z.infer<typeof facts>;

/** The section `agent` of the configuration. */
export const agentConfig = z
  .strictObject({
    state: folder
      .optional()
      .describe(
        "Where the agent remembers which commands it took; `agents/HOST` in the state folder otherwise.",
      ),
    trust: folder
      .optional()
      .describe(
        "The folder of allowed_signers, policy.yaml and revoked_keys; `trust` in the state folder otherwise.",
      ),
    mirrors: folder
      .optional()
      .describe("The folder of the git mirrors; `mirrors` in the state folder otherwise."),
    facts: facts.describe("Where facts of this host are found, which filters can ask for."),
    "script-output": size
      .prefault("16MiB")
      .describe(
        "How much of what a script prints is kept on the host from its beginning; of the rest, the last 64KiB. What is told while it runs is less: `skein log ID --full` asks for all of it.",
      ),
    "kill-after": duration
      .prefault("10s")
      .describe("How long a script that is told to end may take before it is killed."),
  })
  .prefault({});
export type AgentConfig = z.infer<typeof agentConfig>;

/** Where the agent of a host keeps its things. */
export interface Places {
  readonly state: string;
  readonly trust: string;
  readonly mirrors: string;
}

/** Fills in what the configuration leaves out. */
export function placesOf(config: AgentConfig, { host, settings }: Surroundings): Places {
  return {
    state: config.state ?? join(settings.state, "agents", host),
    trust: config.trust ?? join(settings.state, "trust"),
    mirrors: config.mirrors ?? join(settings.state, "mirrors"),
  };
}
