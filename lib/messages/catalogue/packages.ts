import { z } from "zod";
import { archiveWord, packageFile, packageName, packageVersion } from "../../schema/debian.ts";
import { hostName } from "../../schema/names.ts";
import { counted, entry, firstLine, instant, problem, text } from "./entry.ts";

/** A package of which a newer version is there than is installed. */
const upgradable = z.object({
  package: packageName,
  installed: packageVersion,
  candidate: packageVersion.describe("The newer version."),
  reason: text(300).optional().describe("Why apt would not install it: it is held, or pinned."),
});
export type Upgradable = z.infer<typeof upgradable>;

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
  "package.upgradable": entry({
    summary: "A host looked at its packages: what could be upgraded, what was, and what stood in the way.",
    kind: "news",
    destination: "packages.hosts",
    data: z.object({
      host: hostName,
      source: text(64)
        .optional()
        .describe("The source that was looked at; all of them where it is left out."),
      packages: z.array(upgradable).max(1_000),
      notVisible: z
        .array(z.object({ package: packageName, version: packageVersion.optional() }))
        .max(1_000)
        .optional()
        .describe("What was announced, and cannot be seen in the source."),
      upgraded: z
        .array(z.object({ package: packageName, from: packageVersion, to: packageVersion }))
        .max(1_000)
        .optional()
        .describe("What was upgraded, where the host may do so by itself."),
      ...problem,
      at: instant,
    }),
    identity: ({ host, source, packages: waiting, notVisible = [], upgraded = [], code, at }) => [
      host,
      source ?? "",
      waiting.map(({ package: name, candidate }) => `${name}=${candidate}`).join(),
      notVisible.map(({ package: name }) => name).join(),
      upgraded.map(({ package: name, to }) => `${name}=${to}`).join(),
      code ?? "",
      at,
    ],
    line: ({ host, source, packages: waiting, notVisible = [], upgraded = [], reason }) =>
      `${host}${source === undefined ? "" : ` (${source})`}: ${[
        ...(upgraded.length === 0 ? [] : [`${counted(upgraded.length, "package")} upgraded`]),
        ...(waiting.length === 0 && reason !== undefined
          ? []
          : [`${counted(waiting.length, "package")} could be upgraded`]),
        ...(notVisible.length === 0 ? [] : [`${counted(notVisible.length, "package")} not visible`]),
        ...(reason === undefined ? [] : [firstLine(reason)]),
      ].join("; ")}`,
  }),
} as const;
