import type { Driver } from "./driver.ts";
import { builtFromGit, fetchedCommits, linked } from "./parts.ts";

/** A web tree from several repositories, in one release folder: one link swings all of it. */
export const siteDriver: Driver<"site"> = {
  fetch: fetchedCommits,
  build: builtFromGit,
  publish: linked,
  retire: () => [],
};
