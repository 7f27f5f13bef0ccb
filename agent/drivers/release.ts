import type { Driver } from "./driver.ts";
import { builtFromGit, fetchedCommits, linked } from "./parts.ts";

/** A revision of a repository in a folder of its own, which `current` leads to. */
export const releaseDriver: Driver<"release"> = {
  fetch: fetchedCommits,
  build: builtFromGit,
  publish: linked,
  retire: () => [],
};
