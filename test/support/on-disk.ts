import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** What is live on a host, as a visitor finds it. */
export interface OnDisk {
  readonly release: string;
  /** What its `pre-link` wrote down. */
  readonly revision: string;
}

/** What is live below the root of an app; undefined where nothing is. */
export function onDisk(root: string): OnDisk | undefined {
  try {
    const release = readlinkSync(join(root, "current"));
    return { release, revision: readFileSync(join(root, release, "revision.txt"), "utf8").trim() };
  } catch {
    return undefined;
  }
}

/** The lines of a file; none where it is not there. */
export function linesOf(file: string): readonly string[] {
  return textOf(file).split("\n").slice(0, -1);
}

/** The names in a folder; none where it is not there. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The text of a file; empty where it cannot be read. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
