import { z } from "zod";
import { ciServer } from "../../lib/config/ci-servers.ts";
import { listeningKeys } from "../../lib/config/listening.ts";
import { PLACES } from "../../lib/effects/ci/fill.ts";
import { projectName, repositoryName } from "../../lib/schema/names.ts";
import { duration, size } from "../../lib/schema/quantities.ts";
import { secretSource } from "../../lib/schema/secret.ts";

const refPattern = z.string().regex(/^(\*|refs\/[A-Za-z0-9._/@+*?-]{1,300})$/, {
  error: "must be a pattern such as refs/heads/release/*",
});
const pathPattern = z.string().regex(/^(?!\/)[^\p{Cc}]{1,500}$/u, {
  error: "must be a pattern such as docs/*, without a slash before it",
});

/** A text in which places such as `{revision}` are filled in. */
const template = z
  .string()
  .max(1_000)
  .refine(
    (text) =>
      [...text.matchAll(/\{([a-z]+)\}/g)].every(([, name]) =>
        PLACES.includes(name as (typeof PLACES)[number]),
      ),
    { error: `must hold no other places than {${PLACES.join("}, {")}}` },
  );

const name = (what: string) =>
  z.string().regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: `must be the name of ${what}` });

const job = z.strictObject({
  repository: repositoryName.describe("The repository whose pushes it builds."),
  project: projectName
    .optional()
    .describe("Of a repository of Subversion that holds several: which; all of them where it is left out."),
  server: name("one of the servers").describe("The CI server, as it is called under `servers`."),
  job: z
    .string()
    .min(1)
    .max(1_000)
    .describe(
      "The job, as the server names it, folders divided by slashes. Of Jenkins, `{branch}` stands for a branch of a multibranch job; of Buildbot, it is a force scheduler.",
    ),
  refs: z.array(refPattern).default(["refs/heads/*"]).describe("Which refs are built."),
  "ignore-refs": z.array(refPattern).default([]).describe("Which of them are not."),
  paths: z
    .array(pathPattern)
    .default([])
    .describe("Only pushes that change one of these paths are built; all where it is empty."),
  parameters: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/, { error: "must be the name of a parameter" }),
      template,
    )
    .default({})
    .describe("What the job is given: `COMMIT: '{revision}'`."),
  "skip-words": z
    .array(z.string().min(1).max(100))
    .default(["[ci skip]", "[skip ci]", "***NO_CI***"])
    .describe("Words in the message of the newest commit of a branch, with which it is not built."),
  unstable: z
    .enum(["passed", "failed"])
    .default("failed")
    .describe("What a build with warnings counts as: Jenkins calls it UNSTABLE."),
  deadline: duration
    .prefault("12h")
    .describe("How long a build may take, with its time in the queue, before its end counts as unknown."),
  log: z.boolean().default(true).describe("Whether what it prints is told."),
  token: secretSource
    .optional()
    .describe("The token of this one job, where the Jenkins has no user for us. It may appear in its logs."),
});
export type Job = z.infer<typeof job>;

/** What the daemon is told. */
export const settings = z
  .strictObject({
    ...listeningKeys,
    servers: z.record(name("a server"), ciServer).default({}).describe("The CI servers."),
    jobs: z
      .record(name("a job"), job)
      .default({})
      .describe("What is built where. The name of a job begins the ids of its builds."),
    poll: duration
      .prefault("1s")
      .describe("How often a build that has just been asked for is looked at; later, less often."),
    patience: duration
      .prefault("1h")
      .describe("How long a server that does not answer is asked for a build, again and again."),
    "log-said": size.prefault("1MiB").describe("How much of what a build prints is told."),
  })
  .superRefine(({ servers, jobs, listen }, context) => {
    for (const [name, { server, token, job: place }] of Object.entries(jobs)) {
      const named = Object.hasOwn(servers, server) ? servers[server] : undefined;
      const refuse = (key: string, message: string) =>
        context.addIssue({ code: "custom", path: ["jobs", name, key], message });
      if (named === undefined) refuse("server", `names ${server}, which is not among the servers`);
      else if (named.type === "jenkins" && !place.split("/").every((each) => /^(?!\.{1,2}$)./.test(each)))
        refuse("job", "must be the path of a job, such as team/shop/unit");
      else if (token !== undefined && named.type !== "jenkins") refuse("token", "is for jobs of a Jenkins");
    }
    const calledBack = Object.entries(servers).find(([, { callback }]) => callback !== undefined);
    if (calledBack !== undefined && listen === undefined)
      context.addIssue({
        code: "custom",
        path: ["servers", calledBack[0], "callback"],
        message: "needs `listen`: this daemon must answer there",
      });
  });
export type Settings = z.infer<typeof settings>;
