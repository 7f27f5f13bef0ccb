import { z } from "zod";
import { siteName } from "../../lib/schema/names.ts";
import { duration } from "../../lib/schema/quantities.ts";
import { sites } from "./sites.ts";

/** The section `access` of the configuration. */
export const accessConfig = z.strictObject({
  sites: sites.describe("The sites of this host that people log in at."),
  longest: duration.prefault("30d").describe("How long a login may be good at most."),
  trust: z
    .string()
    .max(1_000)
    .regex(/^\//, { error: "must be an absolute path" })
    .optional()
    .describe(
      "The folder of allowed_signers, policy.yaml and revoked_keys; `trust` in the state folder otherwise.",
    ),
  "older-kit": z
    .boolean()
    .default(false)
    .describe(
      "Whether the older kit's front end may ask for logins: unsigned, the password in clear. Whoever may publish to its topic lets himself in.",
    ),
  "older-kit-sites": z.array(siteName).default([]).describe("At which sites it may."),
});
export type AccessConfig = z.infer<typeof accessConfig>;
