import { z } from "zod";
import type { App } from "../lib/config/apps.ts";
import { originsOf } from "../lib/config/made-of.ts";
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

interface Updater {
  readonly checkouts?: Readonly<Record<string, { readonly repository: string }>>;
}

/** Where a repository is named that must be of git, and why. */
interface Named {
  readonly path: readonly string[];
  readonly repository: string;
  readonly why: string;
}

const namedByApps = (apps: Readonly<Record<string, App>>): readonly Named[] =>
  Object.entries(apps).flatMap(([name, app]) =>
    originsOf(app).map(({ repository, part }) => ({
      path: ["apps", name, ...(part === undefined ? [] : ["parts", part]), "repository"],
      repository,
      why: "apps are deployed from git",
    })),
  );

const namedByCheckouts = (checkouts: NonNullable<Updater["checkouts"]>): readonly Named[] =>
  Object.entries(checkouts).map(([name, { repository }]) => ({
    path: ["repo-updater", "checkouts", name, "repository"],
    repository,
    why: "only git can be checked out",
  }));

/** The whole configuration file: what all share, and a section for each daemon. */
export const settingsSchema = sharedSettings
  .extend({ up: up.prefault({}).describe("What `skein up` runs."), ...sections })
  .superRefine((settings, context) => {
    const { apps, repositories } = settings;
    const checkouts =
      (settings as unknown as Readonly<Record<string, Updater>>)["repo-updater"]?.checkouts ?? {};
    const named = [...namedByApps(apps), ...namedByCheckouts(checkouts)];
    const types = new Map(Object.entries(repositories).map(([name, { type }]) => [name, type]));
    for (const { path, repository, why } of named) {
      const known = types.get(repository);
      if (known === "git") continue;
      context.addIssue({
        code: "custom",
        path: [...path],
        message:
          known === undefined
            ? `names ${repository}, which is not among the repositories`
            : `names ${repository}, which is kept in Subversion: ${why}`,
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
