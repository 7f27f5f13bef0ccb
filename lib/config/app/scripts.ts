import { z } from "zod";
import { duration } from "../../schema/quantities.ts";
import { run } from "./run.ts";
import { pathInside, pathPerHost } from "./text.ts";

/** Where the programs of an app are that take part in a deploy, and how they run. */
export const scripts = {
  scripts: pathInside
    .default("deploy")
    .describe("The folder of what is deployed that holds pre-deploy, pre-link and post-deploy."),
  control: pathPerHost
    .optional()
    .describe("A folder of the host that holds them instead: then nothing of what is deployed is run."),
  run: run.prefault({}).describe("What is ready-made: services, migrations, dependencies, warm-up."),
  "script-timeout": duration.prefault("10m").describe("How long a script may run."),
  umask: z
    .string({ error: 'must be a mask such as "027", in quotes' })
    .regex(/^0?[0-7]{3}$/, { error: 'must be a mask such as "027", in quotes' })
    .default("022")
    .describe('What the files that scripts make may not be: "027" for nothing that others may read.'),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, { error: "must be a user name such as www-data" })
    .optional()
    .describe("The user that scripts run as; the agent's own where it is left out."),
};
