import { z } from "zod";
import { hostName, labelName, repositoryName } from "../schema/names.ts";
import { apps } from "./apps.ts";
import { stores } from "./stores.ts";
import { topics } from "./topics.ts";

const repository = z.strictObject({
  type: z
    .enum(["git", "svn"])
    .default("git")
    .describe(
      "What it is kept in. Of one of Subversion, commits are announced and built; nothing is mirrored.",
    ),
  url: z
    .string()
    .max(1_000)
    .regex(
      /^(https:\/\/|ssh:\/\/(?!-)|svn:\/\/(?!-)|svn\+ssh:\/\/(?!-)|[A-Za-z0-9_.][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?!-)|\/|\.\.?\/)/,
      {
        error: "must be https://, ssh://, svn://, svn+ssh://, user@host:path, or the path of a folder",
      },
    )
    .refine((url) => !/^https?:\/\/[^/]*@/.test(url), {
      error: "must not hold a password: use a credential helper or a key",
    })
    .describe("Where it is fetched from. A path is taken from the folder of this file."),
  ci: z
    .boolean()
    .default(false)
    .describe("Whether each push of a branch is built, by the `.skein.yml` in it."),
});

/** The repositories of git: those that can be mirrored, and whose revisions are object ids. */
export const ofGit = (repositories: SharedSettings["repositories"]): SharedSettings["repositories"] =>
  Object.fromEntries(Object.entries(repositories).filter(([, { type }]) => type === "git"));

/** What every part of Skein reads: the top of a configuration file. Each daemon's own section stands beside it. */
export const sharedSettings = z.strictObject({
  state: z
    .string()
    .min(1)
    .default(".skein")
    .describe(
      "The folder that Skein keeps its state in. A relative path is taken from the folder of this file.",
    ),
  host: hostName.optional().describe("The name of this host; the machine's own where it is left out."),
  labels: z
    .record(labelName, z.coerce.string().max(253))
    .default({})
    .describe("What filters and apps may say of this host."),
  bus: z
    .string()
    .max(2_000)
    .optional()
    .describe(
      "The brokers to talk over: stomp://, stomp+ssl://, ws://, wss:// or failover:(…). The embedded one where it is left out.",
    ),
  topics: topics.prefault({}).describe("How destinations are named."),
  repositories: z
    .record(repositoryName, repository)
    .default({})
    .describe("The repositories that Skein knows."),
  stores: stores.describe("Where artifacts are kept, for apps that are deployed from them."),
  apps: apps.describe("What gets deployed."),
  log: z
    .strictObject({
      level: z
        .enum(["trace", "debug", "info", "warn", "error"])
        .default("info")
        .describe("The least level that is said."),
    })
    .prefault({})
    .describe("What is logged."),
});
export type SharedSettings = z.infer<typeof sharedSettings>;
