import { z } from "zod";
import { handle, type Handle, type Progress } from "../../lib/effects/ci/ci.ts";
import { type Failure } from "../../lib/failure.ts";
import {
  anyRevision,
  buildId,
  isOfSvn,
  projectName,
  refName,
  repositoryName,
  shortRevision,
} from "../../lib/schema/names.ts";
import type { Job } from "./settings.ts";

/**
 * A build on another server, as it is kept on disk from before it is asked for until after its end was told. What is wanted is
 * written down before it is done, so that whoever starts again after a crash knows what may have happened.
 */
export const followed = z.strictObject({
  build: buildId,
  /** Its name in the configuration, and what it is on its server. */
  job: z.string(),
  server: z.string(),
  place: z.string(),
  parameters: z.record(z.string(), z.string()),
  /** The message that asked for it: the same one, heard again, asks for nothing new. */
  push: z.string(),
  repository: repositoryName,
  project: projectName.optional(),
  ref: refName,
  revision: anyRevision,
  /** When it was first wanted, in milliseconds. */
  wanted: z.number(),
  /** `asking`: the server may have been asked, and its answer is not known. */
  state: z.enum(["wanted", "asking", "followed", "ended"]),
  handle,
  url: z.string().optional(),
  /** Where somebody asked for its end. */
  cancelled: z.strictObject({ by: z.string(), why: z.string(), sent: z.boolean() }).optional(),
  begun: z.number().optional(),
  end: z
    .strictObject({
      at: z.number(),
      outcome: z.enum(["passed", "failed", "errored", "cancelled"]),
      code: z.string().optional(),
      reason: z.string().optional(),
    })
    .optional(),
  /** How much of it has been told. */
  told: z.enum(["nothing", "begun", "end"]),
  log: z.strictObject({ from: z.string(), sequence: z.int(), bytes: z.int() }),
  /** What a server shows that calls back. */
  secret: z.string().optional(),
});
export type Followed = z.infer<typeof followed>;

/** What there is to do for a build. */
export type Step = "ask" | "look" | "cancel" | "poll" | "nothing";

export function stepOf({ state, cancelled }: Followed): Step {
  switch (state) {
    case "wanted":
      return "ask";
    case "asking":
      return "look";
    case "followed":
      return cancelled?.sent === false ? "cancel" : "poll";
    case "ended":
      return "nothing";
  }
}

/** After the server took the request, or was seen to have taken it. */
export const asked = (build: Followed, given: Handle): Followed => ({
  ...build,
  state: "followed",
  handle: given,
});

/** After the server told how far it is. */
export function heard(
  build: Followed,
  progress: Exclude<Progress, { state: "lost" }>,
  { unstable }: Pick<Job, "unstable">,
  now: number,
): Followed {
  if (progress.state === "queued") return { ...build, handle: progress.handle };
  const running = {
    ...build,
    handle: progress.handle,
    ...(progress.url === undefined ? {} : { url: progress.url }),
    begun: build.begun ?? now,
  };
  if (progress.state === "running") return running;
  const { result, reason, revisions } = progress;
  // Who was taken from the queue never began.
  const at = result === "cancelled" && progress.url === undefined ? build : running;
  const outcome = result === "unstable" ? unstable : result;
  if (outcome === "passed" && builtAnother(build, revisions))
    return ended(at, now, {
      outcome: "errored",
      code: "CI_OTHER_REVISION",
      reason: `it built ${revisions.slice(0, 3).map(shortRevision).join(", ")}, not ${shortRevision(build.revision)}`,
    });
  const { cancelled } = build;
  const why = outcome === "cancelled" && cancelled !== undefined ? endedBy(cancelled) : reason;
  return ended(at, now, { outcome, ...(why === undefined || outcome === "passed" ? {} : { reason: why }) });
}

/** A build that says which commits it built, and that of the push is not among them, says nothing about it. */
const builtAnother = ({ revision }: Followed, revisions: readonly string[]): boolean =>
  !isOfSvn(revision) && revisions.length > 0 && !revisions.includes(revision);

/** A build that was ended by somebody before its server knew of it. */
export const givenUp = (build: Followed, by: NonNullable<Followed["cancelled"]>, now: number): Followed =>
  ended(build, now, { outcome: "cancelled", reason: endedBy(by) });

const endedBy = ({ by, why }: { by: string; why: string }): string =>
  `ended by ${by}${why === "" ? "" : `: ${why}`}`;

/** A build of which no more can be learnt. */
export const failed = (
  build: Followed,
  { code, message }: Pick<Failure, "code" | "message">,
  now: number,
): Followed => ended(build, now, { outcome: "errored", code, reason: message });

function ended(
  build: Followed,
  at: number,
  { reason, ...end }: Omit<NonNullable<Followed["end"]>, "at">,
): Followed {
  return {
    ...build,
    state: "ended",
    end: { ...end, at, ...(reason === undefined ? {} : { reason: reason.slice(0, 8_000) }) },
  };
}
