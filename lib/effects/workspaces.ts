import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "./files.ts";

/** A folder for one build: its source, and a home beside it. */
export interface Workspace {
  readonly root: string;
  readonly source: string;
  remove(): Promise<void>;
}

/** Folders for builds, each made new and removed afterwards. */
export interface Workspaces {
  make(): Promise<Workspace>;
}

/** The workspaces that this process made and has not removed. */
const own = new Set<string>();

/** Opens the folder of workspaces; what runners that died left there is removed. */
export async function openWorkspaces(folder: string): Promise<Workspaces> {
  await makeFolder(folder, 0o700);
  for (const name of await readdir(folder)) {
    const root = join(folder, name);
    if (!own.has(root) && !isAnother(Number(name.split("-")[0])))
      await rm(root, { recursive: true, force: true });
  }
  return {
    make: async () => {
      const root = await mkdtemp(join(folder, `${process.pid}-`));
      own.add(root);
      const source = join(root, "source");
      await makeFolder(source);
      await makeFolder(join(root, "home"));
      const remove = async () => {
        await rm(root, { recursive: true, force: true, maxRetries: 3 });
        own.delete(root);
      };
      return { root, source, remove };
    },
  };
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
