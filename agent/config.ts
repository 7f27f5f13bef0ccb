import { join } from "node:path";
import { z } from "zod";
import type { Surroundings } from "../lib/daemon/define.ts";
import { duration, size } from "../lib/schema/quantities.ts";

const folder = z.string().max(1_000).regex(/^\//, { error: "must be an absolute path" });

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
    "script-output": size
      .prefault("1MiB")
      .describe("How much of what a script prints is kept from its beginning; of the rest, the last 64KiB."),
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
