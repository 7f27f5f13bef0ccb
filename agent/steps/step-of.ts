import type { Step } from "../step.ts";
import type { Work } from "../work.ts";

/** Performs a step of one kind; resolves when it is done, and done already counts. */
export type Perform<Kind extends Step["do"]> = (
  step: Extract<Step, { readonly do: Kind }>,
  work: Work,
) => Promise<void>;
