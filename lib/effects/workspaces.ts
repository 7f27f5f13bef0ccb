import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, makeFolder } from "./files.ts";
import { endMarked } from "./processes.ts";

/** The variable that tells a build where its workspace is, and by which everything that it started is found again. */
export const WORKSPACE = "SKEIN_WORKSPACE";

/** A folder for one build: its source, and a home beside it. */
export interface Workspace {
  readonly root: string;
  readonly source: string;
  readonly home: string;
  /** Ends what still runs with this workspace in its environment, and removes the folder. */
  remove(): Promise<void>;
}

/** Folders for builds, each made new and removed afterwards. */
export interface Workspaces {
  make(): Promise<Workspace>;
}

/** The workspaces that this process made and has not removed. */
const own = new Set<string>();

/**
 * Opens the folder of workspaces; what runners that died left there is ended and removed.
 * @param onStuck is told of leftovers that cannot be removed: they are no reason not to build
 */
export async function openWorkspaces(
  folder: string,
  onStuck: (root: string, error: unknown) => void,
): Promise<Workspaces> {
  await makeFolder(folder, 0o700);
  for (const name of await readdir(folder)) {
    const root = join(folder, name);
    if (own.has(root) || isAnother(Number(name.split("-")[0]))) continue;
    await clear(root).catch((error: unknown) => onStuck(root, error));
  }
  return {
    make: async () => {
      const root = await mkdtemp(join(folder, `${process.pid}-`));
      own.add(root);
      const [source, home] = [join(root, "source"), join(root, "home")];
      await makeFolder(source);
      await makeFolder(home);
      const remove = async () => {
        // Even where it stays, it is nobody's any more: the next start tries again.
        own.delete(root);
        await clear(root);
      };
      return { root, source, home, remove };
    },
  };
}

async function clear(root: string): Promise<void> {
  await endMarked(WORKSPACE, root);
  try {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (!hasCode(error, "EACCES") && !hasCode(error, "EPERM")) throw error;
    await openUp(root);
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Builds leave folders that not even their owner may write to, such as Go's module cache. Links are not followed. */
async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await openUp(join(folder, entry.name));
}

/** Whether another process of this id is there, whose workspace it may be. */
function isAnother(pid: number): boolean {
  if (pid === process.pid || !Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
