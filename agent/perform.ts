import { diskCodeOf } from "../lib/effects/disk.ts";
import { codeOf, reasonOf } from "../lib/failure.ts";
import { message } from "../lib/messages/catalogue.ts";
import type { Problem } from "./record.ts";
import type { Step } from "./step.ts";
import { act } from "./steps/steps.ts";
import type { Work } from "./work.ts";

/** How a part came out. `left`: the agent had to leave; what is not done is done at its next start. */
export type Outcome = "done" | "left" | Problem;

/** Performs the steps that are not done yet, one after the other, and notes each that is. */
export async function perform(
  steps: readonly Step[],
  done: number,
  work: Work,
  note: (step: number) => Promise<void>,
): Promise<Outcome> {
  try {
    for (const [index, step] of steps.entries()) {
      if (work.signal.aborted) return "left";
      // The lock is of a process, not of a deploy: whoever goes on with one takes it again.
      if (index < done && step.do !== "lock") continue;
      if (index >= done && step.phase !== steps[index - 1]?.phase) announce(step, work);
      const problem = await attempt(step, work);
      if (work.signal.aborted) return "left";
      if (problem !== undefined) return problem;
      await note(index);
    }
    return "done";
  } finally {
    await work.lock.free();
  }
}

async function attempt(step: Step, work: Work): Promise<Problem | undefined> {
  try {
    await act(step, work);
    return undefined;
  } catch (error) {
    const code = codeOf(error) ?? diskCodeOf(error);
    return { phase: step.phase, reason: reasonOf(error).slice(0, 4_000), ...(code && { code }) };
  }
}

function announce({ phase }: Step, { say, request, name, host, now }: Work): void {
  const at = now().toISOString();
  say(message("deploy.progress", { rollout: request.command.id, app: name, host, phase, at }));
}
