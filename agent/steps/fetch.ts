import type { Perform } from "./step-of.ts";

/** Fetches the mirror, unless it holds the revision already: then no server is needed. */
export const fetch: Perform<"fetch"> = async ({ repository, revision }, { mirrors }) => {
  if (!(await mirrors.of(repository).has(revision))) await mirrors.fetch(repository);
};
