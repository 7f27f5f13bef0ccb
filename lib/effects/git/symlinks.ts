import { posix } from "node:path";
import type { Revision } from "../../schema/names.ts";
import type { Git } from "./repository.ts";

/** A link of a revision that leads out of its tree, where there is one. */
export async function linkOut(git: Pick<Git, "symlinks">, revision: Revision) {
  return (await git.symlinks(revision)).find(({ path, target }) => !staysInside(path, target));
}

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
