import { z } from "zod";
import {
  anyRevision,
  buildId,
  hostName,
  refName,
  projectName,
  repositoryName,
  shortRef,
  shortRevision,
} from "../../schema/names.ts";
import { entry, text, instant, lines, seconds, sequence, firstLine, problem } from "./entry.ts";

/** What a step of a build, or a build, came to. */
const buildOutcome = z.enum(["passed", "failed", "errored", "cancelled"]);
const built = {
  build: buildId,
  repository: repositoryName,
  project: projectName.optional().describe("Of a repository of Subversion that holds several."),
  ref: refName,
  revision: anyRevision,
};
const elsewhere = { url: text(2_000).optional().describe("Where the CI server shows it.") };

/** What is told of builds. */
export const builds = {
  "build.requested": entry({
    summary: "Somebody should build this revision.",
    kind: "work",
    destination: "ci.builds",
    data: z.object({
      ...built,
      pipeline: text(300).describe("The name of the recipe: that of the repository."),
    }),
    identity: ({ build }) => [build],
    line: ({ build }) => `build of ${build} requested`,
  }),
  "build.started": entry({
    summary: "A build began.",
    kind: "durable",
    destination: "ci.status",
    data: z.object({ ...built, ...elsewhere, host: hostName, at: instant }),
    identity: ({ build, at }) => [build, at],
    line: ({ repository, ref, revision }) =>
      `build of ${repository} ${shortRef(ref)} ${shortRevision(revision)} started`,
  }),
  "build.cancelled": entry({
    summary: "Somebody wants this build ended, if it has not ended yet.",
    kind: "durable",
    destination: "ci.cancelled",
    data: z.object({ build: buildId, by: text(300), why: text(500), at: instant }),
    identity: ({ build, at }) => [build, at],
    line: ({ build, by, why }) => `${by} ends the build ${build}: ${firstLine(why)}`,
  }),
  "build.log": entry({
    summary: "Lines that a build printed.",
    kind: "news",
    destination: "ci.log",
    data: z.object({ build: buildId, sequence, step: text(200), lines }),
    identity: ({ build, sequence, step, lines: said }) => [build, sequence, step, said.join("\n")],
    line: ({ build, step }) => `${build}: ${step}`,
  }),
  "build.finished": entry({
    summary: "A build ended, and how.",
    kind: "durable",
    destination: "ci.status",
    data: z.object({
      ...built,
      ...elsewhere,
      outcome: buildOutcome,
      ...problem,
      at: instant,
      seconds,
      steps: z.array(z.object({ name: text(200), outcome: buildOutcome, seconds })).max(100),
    }),
    identity: ({ build, outcome, at }) => [build, outcome, at],
    line: ({ repository, ref, revision, outcome, reason }) =>
      `build of ${repository} ${shortRef(ref)} ${shortRevision(revision)} ${outcome}${reason === undefined ? "" : `: ${firstLine(reason)}`}`,
  }),
} as const;
