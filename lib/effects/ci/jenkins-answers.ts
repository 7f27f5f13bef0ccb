import { z } from "zod";
import type { HttpAnswer } from "../http.ts";
import { type Handle, type Order, type Printed, type Progress, shownAt, type Source } from "./ci.ts";

const parameters = z.array(z.object({ name: z.string(), value: z.unknown() })).catch([]);
const action = z
  .object({
    parameters: parameters.optional(),
    lastBuiltRevision: z.object({ SHA1: z.string() }).optional().catch(undefined),
  })
  .nullable()
  .catch(null);
const actions = z.array(action).catch([]);

/** What waits, or has waited, for a build of its own. */
export const queueItem = z.object({
  id: z.number(),
  actions: actions.default([]),
  why: z.string().nullish(),
  cancelled: z.boolean().default(false),
  executable: z.object({ number: z.number() }).nullish(),
  task: z.object({ url: z.string().optional() }).optional(),
});
/** All that waits. */
export const queue = z.object({ items: z.array(queueItem) });

/** A build of a job. */
export const build = z.object({
  number: z.int(),
  url: z.string().optional(),
  result: z.string().nullish(),
  building: z.boolean(),
  queueId: z.number().optional(),
  timestamp: z.number().optional(),
  actions: actions.default([]),
});
export type Build = z.infer<typeof build>;
/** The newest builds of a job. */
export const builds = z.object({ builds: z.array(build) });

const builtRevision = z.object({
  SHA1: z.string(),
  branch: z.array(z.object({ name: z.string() })).catch([]),
});
/** What a build checked out. */
export const sources = z.object({
  actions: z
    .array(z.object({ lastBuiltRevision: builtRevision.optional() }).nullable().catch(null))
    .catch([]),
});

/** Jenkins calls a branch as git calls it in its workspace: with the remote before it. */
export const sourcesIn = ({ actions: all }: z.infer<typeof sources>): readonly Source[] =>
  all.flatMap((each) => {
    const built = each?.lastBuiltRevision;
    if (built === undefined) return [];
    const branch = built.branch[0]?.name.replace(/^refs\/(remotes|heads)\//, "").replace(/^origin\//, "");
    return [{ revision: built.SHA1, branch: branch === "detached" ? undefined : branch }];
  });

/** How far the clocks of Jenkins and of this host may differ, in milliseconds. */
const SKEW = 60_000;

/** Whether something in the queue or among the builds is what was ordered: by its parameters, or by the commit that it built. */
export function isOf(
  { actions: all, ...found }: { actions: Build["actions"]; timestamp?: number | undefined },
  { parameters: sent, revision, build: id, wanted }: Order,
): boolean {
  if ((found.timestamp ?? wanted) < wanted - SKEW) return false;
  const shown = new Map(
    all.flatMap((each) => each?.parameters ?? []).map(({ name, value }) => [name, String(value)] as const),
  );
  const telling = Object.entries(sent).filter(([, value]) => value.includes(revision) || value.includes(id));
  if (telling.some(([name]) => shown.has(name)))
    return Object.entries(sent).every(([name, value]) => !shown.has(name) || shown.get(name) === value);
  return revisionsOf(all).includes(revision);
}

const revisionsOf = (all: Build["actions"]): string[] =>
  all.flatMap((each) => each?.lastBuiltRevision?.SHA1 ?? []);

const RESULTS = {
  SUCCESS: "passed",
  UNSTABLE: "unstable",
  FAILURE: "failed",
  ABORTED: "cancelled",
  NOT_BUILT: "errored",
} as const;

/** How far a build is. */
export function progressOf({ building, result, url, actions: all }: Build, handle: Handle): Progress {
  const at = { handle, url: shownAt(url) };
  // A build may have a result while what follows its last step still runs.
  if (building || result === null || result === undefined) return { state: "running", ...at };
  const known = Object.hasOwn(RESULTS, result) ? RESULTS[result as keyof typeof RESULTS] : "errored";
  return {
    state: "ended",
    ...at,
    result: known,
    ...(known === "passed" ? {} : { reason: `Jenkins says ${result.slice(0, 40)}` }),
    revisions: revisionsOf(all),
  };
}

/** What is longer than what is read of it is left out: the size counts bytes that are not shown, so nobody can go on inside it. */
export function printedIn({ headers, body, cut }: HttpAnswer, start: string): Printed {
  const size = headers["x-text-size"] ?? "";
  return { text: body.toString("utf8"), from: /^\d{1,15}$/.test(size) ? size : start, cut };
}
