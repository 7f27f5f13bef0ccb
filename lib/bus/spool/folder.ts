import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const MESSAGE = /^\d{16}\.msg$/;
const UNFINISHED = /^\.\d{16}\.msg\.tmp$/;

/** The files of a spool. What `write` resolved for is still there after a power cut. */
export class SpoolFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder ready, and answers which messages are in it, the oldest first. */
  async open(): Promise<readonly { readonly name: string; readonly size: number }[]> {
    await mkdir(this.aside, { recursive: true, mode: 0o700 });
    const names = await readdir(this.path);
    for (const name of names) if (UNFINISHED.test(name)) await this.remove(name);
    return Promise.all(
      names
        .filter((name) => MESSAGE.test(name))
        .sort()
        .map(async (name) => ({ name, size: (await stat(join(this.path, name))).size })),
    );
  }

  /** Where messages go that nobody will take. */
  get aside(): string {
    return join(this.path, "aside");
  }

  /** Writes a file under another name, synced, before it gets its own: it is there as a whole or not at all. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const temporary = join(this.path, `.${name}.tmp`);
    try {
      await writeSynced(temporary, bytes);
      await rename(temporary, join(this.path, name));
      await syncFolder(this.path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async read(name: string): Promise<Buffer> {
    return readFile(join(this.path, name));
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
  }

  async setAside(name: string): Promise<void> {
    await rename(join(this.path, name), join(this.aside, name));
  }
}

/** The name of a file by its place in the order. */
export const nameOfPlace = (place: number): string => `${String(place).padStart(16, "0")}.msg`;

/** The place in the order that a name tells. */
export const placeOfName = (name: string): number => Number.parseInt(name, 10);

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
