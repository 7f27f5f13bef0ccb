import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { breather } from "../../pace/breather.ts";
import type { Revision } from "../../schema/names.ts";
import { hasCode } from "../files.ts";
import { type BytePath, foldersOf, inFolder, readable } from "../trees/bytes.ts";
import { filesIn, isSubmodule } from "./listing.ts";

/** A folder that is to hold the files of a commit; those of the former one may be there. */
interface Wanted {
  readonly commit: Revision;
  readonly former?: Revision | undefined;
  readonly into: string;
}

/**
 * The path of a folder that stands where the commit has a file, and holds something that the former one did not put there.
 * Git would remove it with all that is in it. Links are never followed.
 */
export async function blockedIn(
  { folder }: { readonly folder: string },
  { commit, former, into }: Wanted,
): Promise<string | undefined> {
  const files = new Set(
    (await filesIn(folder, commit)).filter((file) => !isSubmodule(file)).map(({ path }) => path),
  );
  const known = new Set(former && (await filesIn(folder, former)).map(({ path }) => path));
  const holders = foldersOf(files);
  const pause = breather();
  const waiting: BytePath[] = [""];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const entry of await entriesOf(into, at)) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (!entry.isDirectory()) continue;
      if (holders.has(path)) waiting.push(path);
      else if (files.has(path) && (await holdsOthers(into, path, known))) return readable(path);
    }
    await pause();
  }
  return undefined;
}

async function holdsOthers(into: string, folder: BytePath, known: ReadonlySet<BytePath>): Promise<boolean> {
  for (const entry of await entriesOf(into, folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() ? await holdsOthers(into, path, known) : !known.has(path)) return true;
  }
  return false;
}

/** What a folder holds, by names that have one character for each byte. */
async function entriesOf(into: string, folder: BytePath): Promise<readonly Dirent[]> {
  const path = folder === "" ? into : inFolder(into, folder);
  return readdir(path, { withFileTypes: true, encoding: "latin1" }).catch((error: unknown) => {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return [];
    throw error;
  });
}
