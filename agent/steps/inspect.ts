import { posix } from "node:path";
import { Failure } from "../../lib/failure.ts";
import type { Perform } from "./step-of.ts";

/** Looks for links that lead out of the release, before any of it is on disk. */
export const inspect: Perform<"inspect"> = async ({ revision }, { git, app }) => {
  if (app.symlinks === "any") return;
  const out = (await git.symlinks(revision)).find(({ path, target }) => !staysInside(path, target));
  if (out === undefined) return;
  throw new Failure("TREE_SYMLINK", `Cannot build a release: the link ${out.path} leads to ${out.target}`);
};

/**
 * Whether a link stays inside the tree. Where `..` follows a name, that name may itself be a link to anywhere in the
 * tree, so that nobody can tell from the text where it leads: it counts as leading out.
 */
export function staysInside(path: string, target: string): boolean {
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const named = parts.findIndex((part) => part !== "..");
  const climbsAgain = named >= 0 && parts.lastIndexOf("..") > named;
  if (target === "" || target.startsWith("/") || climbsAgain) return false;
  const end = posix.normalize(posix.join(posix.dirname(path), target));
  return end !== ".." && !end.startsWith("../");
}
