import { linkOut } from "../../lib/effects/git.ts";
import { Failure } from "../../lib/failure.ts";
import type { Perform } from "./step-of.ts";

/** Looks for links that lead out of the release, before any of it is on disk. */
export const inspect: Perform<"inspect"> = async ({ repository, revision }, { mirrors, app }) => {
  if ("symlinks" in app && app.symlinks === "any") return;
  const out = await linkOut(mirrors.of(repository), revision);
  if (out === undefined) return;
  throw new Failure("TREE_SYMLINK", `Cannot build a release: the link ${out.path} leads to ${out.target}`);
};
