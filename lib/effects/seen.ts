import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { makeFolder, readIfThere, writeWhole } from "./files.ts";

/** What is remembered of something that was seen. */
export interface Sighting {
  /** When it was first seen. */
  readonly at: Date;
  /** Whether all that was to be done about it is done. */
  readonly done: boolean;
}

/** What was seen lately, on disk. To lose some of it costs a repeat, and no more: what cannot be read is passed over. */
export interface Seen {
  get(name: string): Sighting | undefined;
  /** Resolves when it is on disk; it is remembered until the end of the process where the disk takes no more, too. */
  put(name: string, sighting: Sighting): Promise<void>;
}

interface Bounds {
  /** For how long something is remembered, in milliseconds. */
  readonly keep: number;
  /** How many are remembered at the most: the oldest go first. */
  readonly most: number;
  readonly now: () => Date;
}

const line = z.object({ name: z.string(), at: z.iso.datetime(), done: z.boolean() });

/**
 * Opens a file of what was seen. Lines are only ever added while it is open, each where the file then ends: two that have it
 * open, as while a configuration is read again, do not hurt each other.
 */
export async function openSeen(path: string, { keep, most, now }: Bounds): Promise<Seen> {
  await makeFolder(dirname(path), 0o700);
  const found = sightingsIn((await readIfThere(path)) ?? "");
  const all = new Map(found.all);
  const trim = () => {
    for (const [name, { at }] of all) {
      if (all.size <= most && now().getTime() - at.getTime() <= keep) break;
      all.delete(name);
    }
  };
  let lines = found.lines;
  const rewrite = async () => {
    trim();
    lines = all.size;
    await writeWhole(path, [...all].map(lineOf).join(""), 0o600);
  };
  await rewrite();
  let last: Promise<void> = Promise.resolve();
  return {
    get: (name) => {
      const sighting = all.get(name);
      const fresh = sighting !== undefined && now().getTime() - sighting.at.getTime() <= keep;
      return fresh ? sighting : undefined;
    },
    put: (name, sighting) => {
      all.delete(name);
      all.set(name, sighting);
      const write = async () => {
        lines += 1;
        if (lines > 2 * most) await rewrite();
        else await append(path, lineOf([name, sighting]));
      };
      last = last.catch(() => undefined).then(write);
      return last;
    },
  };
}

const lineOf = ([name, { at, done }]: readonly [string, Sighting]): string =>
  `${JSON.stringify({ name, at: at.toISOString(), done })}\n`;

function sightingsIn(text: string): { readonly all: Map<string, Sighting>; readonly lines: number } {
  const all = new Map<string, Sighting>();
  const lines = text.split("\n");
  for (const each of lines) {
    const read = line.safeParse(parsed(each));
    if (!read.success) continue;
    const { name, at, done } = read.data;
    all.delete(name);
    all.set(name, { at: new Date(at), done });
  }
  return { all, lines: lines.length };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Half a line that an earlier try left must not spoil this one: it begins a line of its own. */
async function append(path: string, text: string): Promise<void> {
  const handle = await open(path, "a", 0o600);
  try {
    await handle.write(`\n${text}`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
