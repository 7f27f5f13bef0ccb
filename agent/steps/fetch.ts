import type { Perform } from "./step-of.ts";

/** Fetches the mirror, unless it holds the revision already: then no server is needed. */
export const fetch: Perform<"fetch"> = async ({ revision }, { git, mirrors, app }) => {
  if (!(await git.has(revision))) await mirrors.fetch(app.repository);
};
