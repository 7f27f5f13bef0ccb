import type { Action } from "../step.ts";
import type { Building, Turn } from "./driver.ts";

/** Every commit is in the mirror of its repository. */
export const fetchedCommits = ({ commits }: Pick<Building, "commits">): readonly Action[] =>
  commits.map(({ repository, commit }) => ({ do: "fetch", repository, revision: commit }));

/** The files of the commits, in a release folder. */
export const builtFromGit = ({
  name,
  revision,
  base,
}: Pick<Building, "name" | "revision" | "base">): readonly Action[] => [
  { do: "stage", revision, release: name, ...(base && { base }) },
  { do: "seal", revision, release: name },
];

/** `current` leads to the release folder. */
export const linked = ({ to }: Pick<Turn, "to">): readonly Action[] => [
  { do: "publish", release: to?.release ?? null },
];
