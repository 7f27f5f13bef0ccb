import type { ReadyMade } from "../../lib/config/app/run.ts";
import { fill } from "../../lib/config/app/text.ts";
import { factsFor } from "../layout.ts";
import { runProgram } from "../program.ts";
import { install } from "../ready-made/install.ts";
import { isToMigrate } from "../ready-made/migrate.ts";
import { reloading, restarting, type Told } from "../ready-made/services.ts";
import { warmUp } from "../ready-made/warm-up.ts";
import type { Step } from "../step.ts";
import { userIdOf } from "../user.ts";
import type { Work } from "../work.ts";
import type { Perform } from "./step-of.ts";

type RunStep = Extract<Step, { readonly do: "run" }>;

/** More programs than any one of what is ready-made has. */
const PROGRAMS = 4;

/** Does what the app names in this place of the phase. */
export const run: Perform<"run"> = async (step, work) => {
  const wanted: ReadyMade | undefined = work.app.run[step.script][step.index];
  // The configuration may have changed while the agent was away.
  if (wanted === undefined) return;
  const place = 1 + step.index * PROGRAMS;
  if ("warm-up" in wanted) return warmUp(wanted, work);
  if ("install" in wanted) return install(wanted, place, step, work);
  if ("migrate" in wanted) return migrate(wanted.migrate, place, step, work);
  const filled = (text: string) => fill(text, factsFor(work.name, work.app, work));
  const told: readonly Told[] =
    "restart" in wanted ? restarting(wanted, filled, await userIdOf(work.app)) : reloading(wanted, filled);
  for (const [index, each] of told.entries()) {
    await runProgram(work, step, { ...each, place: place + index });
    // It may run still: the next one is for whoever joins it.
    if (work.signal.aborted) return;
  }
};

async function migrate(words: readonly string[], place: number, step: RunStep, work: Work): Promise<void> {
  const [program = "", ...args] = words;
  if (isToMigrate(work)) await runProgram(work, step, { program, args, place, as: "app" });
}
