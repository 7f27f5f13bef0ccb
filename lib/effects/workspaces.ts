import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "./files.ts";
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

/** Opens the folder of workspaces; what runners that died left there, files and processes, is removed. */
export async function openWorkspaces(folder: string): Promise<Workspaces> {
  await makeFolder(folder, 0o700);
  for (const name of await namesIn(folder)) {
    const root = join(folder, name);
    if (!own.has(root) && !(await isAnother(Number(name.split("-")[0])))) await clear(root);
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
  await endMarked(MARK, root);
  await removeAll(root);
  own.delete(root);
}

/** Whether another process of this id runs, whose workspace it may be. */
const isAnother = async (pid: number): Promise<boolean> =>
  pid !== process.pid && Number.isInteger(pid) && pid > 0 && (await identityOf(pid)) !== undefined;
