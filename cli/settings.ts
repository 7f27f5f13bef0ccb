import { z } from "zod";
import { sharedSettings } from "../lib/config/settings.ts";
import { hostName, labelName } from "../lib/schema/names.ts";
import { DAEMON_NAMES, type DaemonName, DAEMONS } from "./daemons.ts";

const localHost = z.strictObject({
  host: hostName.describe("Its name."),
  labels: z
    .record(labelName, z.coerce.string().max(253))
    .default({})
    .describe("What filters and apps may say of it."),
});

const up = z.strictObject({
  hosts: z
    .array(localHost)
    .max(100)
    .default([])
    .describe(
      "Hosts that `skein up` runs an agent for, all on this machine. This machine alone where it is left out.",
    ),
});

/** The section of each daemon; a missing one counts as empty, so that its defaults hold. */
const sections = Object.fromEntries(
  DAEMON_NAMES.map((name) => [
    name,
    DAEMONS[name].config.prefault({} as never).describe(DAEMONS[name].summary),
  ]),
);

/** The whole configuration file: what all share, and a section for each daemon. */
export const settingsSchema = sharedSettings
  .extend({ up: up.prefault({}).describe("What `skein up` runs."), ...sections })
  .superRefine(({ apps, repositories }, context) => {
    for (const [app, { repository }] of Object.entries(apps)) {
      const known = Object.hasOwn(repositories, repository) ? repositories[repository] : undefined;
      if (known?.type === "git") continue;
      context.addIssue({
        code: "custom",
        path: ["apps", app, "repository"],
        message:
          known === undefined
            ? `names ${repository}, which is not among the repositories`
            : `names ${repository}, which is kept in Subversion: apps are deployed from git`,
      });
    }
  });
export type Settings = z.infer<typeof settingsSchema>;

/** Whether a daemon has anything to do here: `skein up` runs those that have. */
export function isWanted(name: DaemonName, settings: Settings): boolean {
  if (name === "broker") return settings.bus === undefined;
  const section = (settings as unknown as Readonly<Record<string, unknown>>)[name];
  return DAEMONS[name].wanted?.(section, settings) ?? true;
}
