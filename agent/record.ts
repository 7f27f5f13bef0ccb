import { z } from "zod";
import { catalogue } from "../lib/messages/catalogue.ts";
import { liveRelease } from "../lib/messages/catalogue/deploys.ts";
import { commandId, type CommandId, releaseName } from "../lib/schema/names.ts";
import { phases } from "./flow.ts";
import { request } from "./request.ts";
import { step } from "./step.ts";
import { parts } from "./work.ts";

const line = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.object({ line: z.literal(name), rollout: commandId, ...shape });
const instant = z.iso.datetime();

/** What went wrong, and where. */
const problem = z.object({ phase: z.enum(phases), code: z.string().optional(), reason: z.string() });
export type Problem = z.infer<typeof problem>;

/** A line of the journal of an app on a host. */
export const journalLine = z.discriminatedUnion("line", [
  /** `before`: what was live then, the newest first. */
  line("accepted", { at: instant, request, before: z.array(liveRelease) }),
  line("dropped", {}),
  line("planned", { at: instant, part: z.enum(parts), release: releaseName, steps: z.array(step) }),
  line("done", { step: z.int() }),
  /** `seen`: visitors may have got the release before it failed. */
  line("failed", { problem, seen: z.boolean().optional() }),
  line("prepared", { message: catalogue["deploy.prepared"].data }),
  line("ended", { message: catalogue["deploy.finished"].data }),
]);
export type JournalLine = z.infer<typeof journalLine>;

type Line<Name extends JournalLine["line"]> = Extract<JournalLine, { readonly line: Name }>;

/** One deploy on this host, as far as its journal tells. */
export interface Deploy {
  readonly request: Line<"accepted">["request"];
  readonly accepted: string;
  readonly before: Line<"accepted">["before"];
  /** The part that is being performed, and how many of its steps are done. */
  readonly inHand?: Pick<Line<"planned">, "part" | "release" | "steps"> & { readonly done: number };
  /** When the deploy, or the way back, began. */
  readonly begun: string;
  readonly problem?: Problem;
  /** Where it failed: whether visitors may have got the release. */
  readonly seen?: boolean | undefined;
  readonly prepared?: Line<"prepared">["message"];
  readonly finished?: Line<"ended">["message"];
}

export type Deploys = ReadonlyMap<CommandId, Deploy>;

/** What the deploys of an app come to with one more line. */
export function withLine(deploys: Deploys, added: JournalLine): Deploys {
  const next = new Map(deploys);
  const deploy = changed(deploys.get(added.rollout), added);
  if (deploy === undefined) next.delete(added.rollout);
  else next.set(added.rollout, deploy);
  return next;
}

function changed(deploy: Deploy | undefined, added: JournalLine): Deploy | undefined {
  if (added.line === "accepted") {
    const { at, request, before } = added;
    return { request, accepted: at, begun: at, before };
  }
  if (deploy === undefined || added.line === "dropped") return undefined;
  const { inHand, ...rest } = deploy;
  switch (added.line) {
    case "planned": {
      const begun = added.part === "back" ? rest.begun : added.at;
      const { part, release, steps } = added;
      return { ...rest, begun, inHand: { part, release, steps, done: 0 } };
    }
    case "done":
      return inHand
        ? { ...rest, inHand: { ...inHand, done: Math.max(inHand.done, added.step + 1) } }
        : deploy;
    case "failed":
      return { ...deploy, problem: added.problem, seen: added.seen };
    case "prepared":
      return { ...rest, prepared: added.message };
    case "ended":
      return { ...rest, finished: added.message };
  }
}

/** Where a deploy stands: to be prepared, being worked on, waiting for its turn, or over. */
export function stateOf({ inHand, finished, prepared }: Deploy): "accepted" | "working" | "waiting" | "over" {
  if (inHand !== undefined) return "working";
  if (finished !== undefined) return "over";
  return prepared === undefined ? "accepted" : "waiting";
}

/** The lines that come to the same for deploys that are over, for the answers to repeats. */
export function* summary(deploys: Deploys): Generator<JournalLine> {
  for (const [rollout, { request, accepted, before, finished }] of deploys) {
    if (finished === undefined) continue;
    yield { line: "accepted", rollout, at: accepted, request, before };
    yield { line: "ended", rollout, message: finished };
  }
}
