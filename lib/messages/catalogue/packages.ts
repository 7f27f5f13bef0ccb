import { z } from "zod";
import { archiveWord, packageFile, packageName, packageVersion } from "../../schema/debian.ts";
import { entry, instant } from "./entry.ts";

/** What is told of packages. */
export const packages = {
  "package.published": entry({
    summary: "A package came into an archive, was replaced there by another version, or was taken out.",
    kind: "durable",
    destination: "packages",
    data: z.object({
      repository: archiveWord.optional().describe("The archive."),
      suite: archiveWord.optional(),
      component: archiveWord.optional(),
      architecture: archiveWord.optional(),
      package: packageName,
      version: packageVersion.optional().describe("Of what was removed, the version that was there."),
      previous: packageVersion.optional().describe("The version that was replaced."),
      action: z.enum(["added", "replaced", "removed"]),
      file: packageFile.optional(),
      at: instant,
    }),
    identity: ({ repository, suite, component, architecture, package: name, version, action, at }) => [
      repository ?? "",
      suite ?? "",
      component ?? "",
      architecture ?? "",
      name,
      version ?? "",
      action,
      at,
    ],
    line: ({ repository, suite, package: name, version, previous, action }) =>
      [
        `package ${name}`,
        ...(version === undefined ? [] : [version]),
        previous === undefined ? action : `${action}, was ${previous}`,
        ...(suite === undefined ? [] : ["in", ...(repository === undefined ? [] : [repository]), suite]),
      ].join(" "),
  }),
} as const;
