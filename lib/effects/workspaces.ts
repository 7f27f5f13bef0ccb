import { chmod, mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, makeFolder } from "./files.ts";
import { namesIn, removeAll } from "./folders.ts";
import { endMarked, identityOf } from "./processes.ts";

/** A folder for one build: its source, and a home and a place for temporary files beside it. */
export interface Workspace {
  readonly root: string;
  readonly source: string;
  /** Ends whatever was started in it, wherever it moved to, and removes it. */
  remove(): Promise<void>;
}

/** Folders for builds, each made new and removed afterwards. */
export interface Workspaces {
  make(): Promise<Workspace>;
}

/** The variable that everything which is started in a workspace has in its environment: the path of the workspace. */
export const MARK = "SKEIN_WORKSPACE";

/** The workspaces that this process made and has not removed. */
const own = new Set<string>();

/**
 * Opens the folder of workspaces; what runners that died left there, files and processes, is removed.
 * @param onStuck is told of what cannot be removed: it is no reason not to build
 */
export async function openWorkspaces(
  folder: string,
  onStuck: (root: string, error: unknown) => void,
): Promise<Workspaces> {
  await makeFolder(folder, 0o700);
  for (const name of await namesIn(folder)) {
    const root = join(folder, name);
    if (own.has(root) || (await isAnother(Number(name.split("-")[0])))) continue;
    await clear(root).catch((error: unknown) => onStuck(root, error));
  }
  return { make: () => make(folder) };
}

async function make(folder: string): Promise<Workspace> {
  const root = await mkdtemp(join(folder, `${process.pid}-`));
  own.add(root);
  const source = join(root, "source");
  for (const each of [source, join(root, "home"), join(root, "tmp")]) await makeFolder(each, 0o700);
  return { root, source, remove: () => clear(root) };
}

async function clear(root: string): Promise<void> {
  // Even where it stays, it is nobody's any more: the next start tries again.
  own.delete(root);
  await endMarked(MARK, root);
  try {
    await removeAll(root);
  } catch (error) {
    if (!hasCode(error, "EACCES") && !hasCode(error, "EPERM")) throw error;
    await openUp(root);
    await removeAll(root);
  }
}

/** Builds leave folders that not even their owner may write to, such as Go's module cache. Links are not followed. */
async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await openUp(join(folder, entry.name));
}

/** Whether another process of this id runs, whose workspace it may be. */
const isAnother = async (pid: number): Promise<boolean> =>
  pid !== process.pid && Number.isInteger(pid) && pid > 0 && (await identityOf(pid)) !== undefined;
