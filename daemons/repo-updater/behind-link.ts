import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { kindOf } from "../../lib/effects/files.ts";
import { linkTarget, namesIn } from "../../lib/effects/folders.ts";
import { layOut } from "../../lib/effects/git.ts";
import { blocked, requireOwn, type Tools } from "./in-place.ts";
import type { Revision } from "../../lib/schema/names.ts";
import { isOfEach } from "./config.ts";
import { folderName, type Place, type Wish } from "./places.ts";

/** Where a link stands, and the folder beside it that holds what it leads to. */
function whereabouts({ name, target }: Pick<Tools, "name" | "target">, entry: string | undefined) {
  const folder = entry === undefined ? dirname(target) : target;
  return { folder, link: join(folder, entry ?? basename(target)), store: join(folder, `.skein-${name}`) };
}

/**
 * Puts a revision into a folder of its own, and turns a link over to it: whoever reads finds the old files or the new, never some
 * of both. Answers whether there was anything to do.
 */
export async function updateBehindLink({ key, ref, revision, entry }: Wish, tools: Tools): Promise<boolean> {
  const { actor, places, target } = tools;
  const { folder, link, store } = whereabouts(tools, entry);
  await requireOwn(folder, link, actor);
  await requireLink(link, store);
  const known = places.all.get(key);
  const ours = known?.target === target && known.entry === entry ? known : undefined;
  const whole = ours?.revision === revision ? await wholeIn(store, ours) : undefined;
  if (whole !== undefined && (await linkTarget(link)) === pointing(store, whole)) return false;
  await actor.run("mkdir", "-p", "--", store);
  const name = whole ?? `${revision.slice(0, 12)}-${randomBytes(6).toString("hex")}`;
  if (whole === undefined) {
    await fill(join(store, name), revision, tools);
    await actor.run("sync", "--", store);
    const made: Place = { ref, target, revision, folder: name, ...(entry !== undefined && { entry }) };
    const former = folderName.safeParse(basename((await linkTarget(link)) ?? "")).data;
    // Noted before the link leads there: what no note speaks of is swept.
    await places.put(key, { ...made, ...(former && { former }) });
  }
  const temporary = join(store, `.link-${name}`);
  await actor.run("ln", "-sfn", "--", pointing(store, name), temporary);
  await actor.run("mv", "-fT", "--", temporary, link);
  await actor.run("sync", "--", folder);
  return true;
}

/** Takes away the link and the folders of a place, as they were noted when they were made. */
export async function removeBehindLink(key: string, tools: Tools): Promise<string | undefined> {
  const { actor, places, name } = tools;
  const known = places.all.get(key);
  if (known === undefined) return undefined;
  const { folder, link, store } = whereabouts({ name, target: known.target }, known.entry);
  const leads = [known.folder, known.former].flatMap((each) =>
    each === undefined ? [] : [pointing(store, each)],
  );
  const isOurs = leads.includes((await linkTarget(link)) ?? "");
  if (isOurs) {
    await actor.run("rm", "-f", "--", link);
    await actor.run("sync", "--", folder);
  }
  await places.remove(key);
  return isOurs ? link : undefined;
}

const pointing = (store: string, name: string): string => join(basename(store), name);

/** @throws {Failure} CHECKOUT_BLOCKED where something stands there that we did not put there */
async function requireLink(link: string, store: string): Promise<void> {
  const kind = await kindOf(link);
  if (kind === undefined) return;
  const leads = await linkTarget(link);
  if (leads !== undefined && dirname(leads) === basename(store)) return;
  throw blocked(link, "is there already, and was not checked out: move it away");
}

/** The folder of a place, where it is still there. */
async function wholeIn(store: string, { folder }: Place): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  return (await kindOf(join(store, folder))) === "folder" ? folder : undefined;
}

async function fill(path: string, commit: Revision, { git, actor, own, inspect }: Tools): Promise<void> {
  await inspect(commit);
  await actor.run("mkdir", "--", path);
  await actor.withFolder(own, (folder) =>
    layOut(git, { commit, into: path, index: join(folder, "index"), through: actor.through }),
  );
  await actor.run("sync", "-f", "--", path);
}

/** Removes what no place speaks of and no link leads to: what a killed update left, and what is neither live nor was just before. */
export async function sweep(tools: Tools): Promise<void> {
  const { actor, places, config } = tools;
  const { folder, link, store } = whereabouts(tools, isOfEach(config) ? "any" : undefined);
  const links = isOfEach(config) ? (await namesIn(folder)).map((name) => join(folder, name)) : [link];
  const live = await Promise.all(links.map(linkTarget));
  const spared = new Set([
    ...[...places.all.values()].flatMap((place) => [place.folder, place.former]),
    ...live.flatMap((leads) => (leads === undefined ? [] : [basename(leads)])),
  ]);
  const others = (await namesIn(store)).filter((each) => !spared.has(each));
  for (const each of others) await actor.run("rm", "-rf", "--", join(store, each));
}
