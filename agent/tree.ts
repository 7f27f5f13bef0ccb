import { relative } from "node:path";
import { fill } from "../lib/config/app/text.ts";
import { type Actor, ourselves } from "../lib/effects/acting.ts";
import { kindOf } from "../lib/effects/files.ts";
import { linkTarget, ownerOf } from "../lib/effects/folders.ts";
import { isRoot } from "../lib/effects/processes.ts";
import { Failure } from "../lib/failure.ts";
import { factsFor, type Layout } from "./layout.ts";
import { actorOf, otherUser } from "./user.ts";
import type { Carried } from "./work.ts";

/** The folder that visitors get an app from: that of a checkout, or what `current` leads to. */
export const treeOf = ({ app, name, host, labels, layout }: Carried): string =>
  app.driver === "checkout" ? fill(app.tree, factsFor(name, app, { host, labels })) : layout.current;

/**
 * Whoever writes into the folder of a checkout: the app's user, where the agent may become that user.
 * @throws {Failure} CHECKOUT_TREE where it is no folder that may be written into
 */
export async function writerOf(carried: Carried): Promise<Actor> {
  const { app, name, layout } = carried;
  const tree = treeOf(carried);
  const refuse = (why: string) => new Failure("CHECKOUT_TREE", `Cannot check ${name} out: ${tree} ${why}`);
  const kind = await kindOf(tree);
  if (kind === undefined) throw refuse("is not there");
  if (kind === "link") throw refuse(`is a link to ${await linkTarget(tree)}: name that folder in \`tree\``);
  if (kind !== "folder") throw refuse("is not a folder");
  if (overlaps(tree, layout)) throw refuse(`and ${layout.root} lie in one another: choose another \`root\``);
  if (otherUser(app) !== undefined) return actorOf(app);
  const owner = await ownerOf(tree);
  // Whoever may write there could turn what root writes elsewhere.
  if (isRoot() && owner !== undefined && owner !== 0)
    throw refuse(`belongs to the user ${owner}: name that user in \`user\`, or make the folder root's`);
  return ourselves;
}

/** What is checked out must not get into the releases, nor what is built into what visitors get. */
const overlaps = (tree: string, { root }: Layout): boolean => isIn(tree, root) || isIn(root, tree);

const isIn = (inner: string, outer: string): boolean => !/^\.\.(\/|$)/.test(relative(outer, inner));
