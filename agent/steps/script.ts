import { shortRef } from "../../lib/schema/names.ts";
import { runProgram } from "../program.ts";
import { findScript } from "../scripts.ts";
import type { Perform } from "./step-of.ts";

/** Runs the app's script of this phase, where there is one; joins it where it was started before. */
export const script: Perform<"script"> = async (step, work) => {
  const program = await findScript(work, step);
  if (program === undefined) return;
  const args = ["-t", shortRef(step.ref)];
  await runProgram(work, step, { place: 0, program, args, as: "app" });
};
