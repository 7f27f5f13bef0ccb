import type { Buffer } from "node:buffer";

/** A file that is being written. */
export interface DiskFile {
  /** Writes all of it at a place, or fails. */
  write(chunks: readonly Buffer[], at: number): Promise<void>;
  /** Resolves when what was written outlives a power cut. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** A folder of files, as the journal needs it. */
export interface Disk {
  list(): Promise<readonly string[]>;
  read(name: string): AsyncIterable<Buffer>;
  /** Opens a file for writing, and makes it if it is not there. */
  open(name: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Resolves when which files there are outlives a power cut. */
  sync(): Promise<void>;
}
