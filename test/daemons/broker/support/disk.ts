import { Buffer } from "node:buffer";
import type { Disk, DiskFile } from "../../../../daemons/broker/journal/disk.ts";

interface TestFile {
  bytes: Buffer;
}

/** A disk in memory, which can be full, and can stop at any change as if the power went. */
export class TestDisk implements Disk {
  readonly files: Map<string, TestFile>;
  /** How many more bytes fit. */
  free = Number.POSITIVE_INFINITY;
  /** How many more changes are made before the power goes. */
  changesLeft = Number.POSITIVE_INFINITY;
  syncs = 0;
  /** What each sync waits for. */
  gate: Promise<void> = Promise.resolve();

  constructor(files = new Map<string, TestFile>()) {
    this.files = files;
  }

  /** The same files, on a disk that works. */
  restarted(): TestDisk {
    return new TestDisk(
      new Map([...this.files].map(([name, { bytes }]) => [name, { bytes: Buffer.from(bytes) }])),
    );
  }

  /** The only file there is. */
  get only(): TestFile {
    const [file, ...others] = this.files.values();
    if (file === undefined || others.length > 0) throw new Error(`there are ${this.files.size} files`);
    return file;
  }

  list(): Promise<readonly string[]> {
    return Promise.resolve([...this.files.keys()]);
  }

  async *read(name: string): AsyncIterable<Buffer> {
    const bytes = await Promise.resolve(this.files.get(name)?.bytes ?? Buffer.alloc(0));
    for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
  }

  async open(name: string): Promise<DiskFile> {
    const file = this.files.get(name) ?? { bytes: Buffer.alloc(0) };
    await this.#change(() => this.files.set(name, file));
    return {
      write: (chunks, at) => this.#write(file, Buffer.concat(chunks), at),
      sync: () => this.sync(),
      truncate: (length) =>
        this.#change(() => {
          file.bytes = file.bytes.subarray(0, length);
        }),
      close: () => Promise.resolve(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change(() => {
      this.files.set(to, this.files.get(from) ?? { bytes: Buffer.alloc(0) });
      this.files.delete(from);
    });
  }

  remove(name: string): Promise<void> {
    return this.#change(() => this.files.delete(name));
  }

  async sync(): Promise<void> {
    await this.#change(() => undefined);
    await this.gate;
    this.syncs += 1;
  }

  async #write(file: TestFile, bytes: Buffer, at: number): Promise<void> {
    const fits = bytes.subarray(0, this.free);
    await this.#change(() => {
      file.bytes = Buffer.concat([file.bytes.subarray(0, at), fits]);
    });
    this.free -= fits.length;
    if (fits.length < bytes.length) throw new Error("no space left on device");
  }

  async #change(change: () => unknown): Promise<void> {
    await Promise.resolve();
    if (this.changesLeft <= 0) throw new Error("the power is off");
    this.changesLeft -= 1;
    change();
  }
}
