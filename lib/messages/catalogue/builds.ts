import { z } from "zod";
import {
  buildId,
  hostName,
  refName,
  repositoryName,
  revision,
  shortRef,
  shortRevision,
} from "../../schema/names.ts";
import { entry, text, instant, lines, seconds, sequence, firstLine, problem } from "./entry.ts";

/** What a step of a build, or a build, came to. */
const buildOutcome = z.enum(["passed", "failed", "errored", "cancelled"]);
const built = { build: buildId, repository: repositoryName, ref: refName, revision };

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
    data: z.object({ ...built, host: hostName, at: instant }),
    identity: ({ build, at }) => [build, at],
    line: ({ repository, ref, revision }) =>
      `build of ${repository} ${shortRef(ref)} ${shortRevision(revision)} started`,
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
