import { z } from "zod";
import { ciServer } from "../../lib/config/ci-servers.ts";
import { listeningKeys } from "../../lib/config/listening.ts";
import { buildId, projectName, repositoryName } from "../../lib/schema/names.ts";
import { duration } from "../../lib/schema/quantities.ts";
import { secretSource } from "../../lib/schema/secret.ts";

const NO_REVISION_YET = "0".repeat(40);

const job = z.strictObject({
  repository: repositoryName.describe("The repository that it builds."),
  project: projectName.optional().describe("Of a repository of Subversion that holds several."),
  pipeline: z
    .string()
    .refine((name) => buildId.safeParse(`${name}@${NO_REVISION_YET}`).success, {
      error: "must be a name such as shop-unit",
    })
    .optional()
    .describe("What its builds are called, before the @: as the repository where it is left out."),
});
export type Job = z.infer<typeof job>;

const source = z.strictObject({
  server: ciServer
    .refine(({ type }) => type !== "http", { error: "must be of type jenkins or buildbot" })
    .describe("The CI server, which is asked whether what came is true."),
  secret: secretSource.describe("What comes with each notice: 16 characters at least."),
  jobs: z
    .record(z.string().min(1).max(1_000), job)
    .default({})
    .describe(
      "Which jobs count, as the server names them, folders divided by slashes; of Jenkins, `NAME/{branch}` for a multibranch job; of Buildbot, builders.",
    ),
});
export type Source = z.infer<typeof source>;

/** What the daemon is told. */
export const settings = z.strictObject({
  ...listeningKeys,
  sources: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: "must be a name such as jenkins" }),
      source,
    )
    .default({})
    .describe("Who may tell, each at `/NAME`."),
  poll: duration
    .prefault("5s")
    .describe(
      "How often a build that runs is looked at, where no notice of its end comes; later, less often.",
    ),
  "give-up": duration.prefault("24h").describe("How long a build is looked after at most."),
});
export type Settings = z.infer<typeof settings>;
