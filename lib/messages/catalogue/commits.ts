import { z } from "zod";
import {
  anyRevision,
  hostName,
  projectName,
  refName,
  repositoryName,
  revision,
  shortRef,
  shortRevision,
} from "../../schema/names.ts";
import { entry, text, instant, seconds, counted, firstLine } from "./entry.ts";

const commit = z.object({
  revision: anyRevision,
  author: z.object({ name: text(300), email: text(300) }),
  at: instant,
  message: text(4_096),
});
export type Commit = z.infer<typeof commit>;

/** A repository, and which project in it. */
const whole = (repository: string, project: string | undefined): string =>
  project === undefined ? repository : `${repository}:${project}`;

/** What is told of repositories. */
export const commits = {
  "commit.pushed": entry({
    summary: "A ref of a repository moved.",
    kind: "durable",
    destination: "git.commits",
    data: z.object({
      repository: repositoryName,
      ref: refName,
      project: projectName
        .optional()
        .describe("Which project of a repository of Subversion that holds several."),
      before: anyRevision.describe("Where the ref was; only zeros where it is new."),
      after: anyRevision.describe(
        "Where it is now; only zeros where it was deleted in git. Of a tag, the commit that it leads to.",
      ),
      change: z.enum(["created", "updated", "forced", "deleted"]),
      pusher: text(300).optional().describe("Who pushed, as the git server knows them."),
      at: instant,
      commits: z.array(commit).max(100).describe("The newest first; the first hundred."),
      total: z.int().min(0).describe("How many commits the push brought, listed or not."),
      paths: z
        .object({ changed: z.array(text(1_000)).max(1_000), cut: z.boolean() })
        .optional()
        .describe("Which paths the push changed, and whether there are more; unknown where it is left out."),
    }),
    identity: ({ repository, project, ref, before, after, at }) => [
      repository,
      ...(project === undefined ? [] : [project]),
      ref,
      before,
      after,
      at,
    ],
    line: ({ repository, project, ref, after, change, total, commits }) =>
      change === "deleted"
        ? `[${whole(repository, project)}] ${shortRef(ref)} deleted`
        : `[${whole(repository, project)}] ${shortRef(ref)} ${change}: ${shortRevision(after)}, ${counted(total, "commit")}` +
          (commits[0] === undefined ? "" : `, ${firstLine(commits[0].message)}`),
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
} as const;
