import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, readIfThere } from "./files.ts";

/** The text of a layer, and the file that it is in. */
export interface LayerText {
  readonly path: string;
  readonly text: string;
}

const ENDINGS = [".yaml", ".yml", ".json"];

/**
 * The files of layers, in the order in which they were asked for; what is not there is left out.
 * @throws where a layer is there by two endings: nobody could tell which of them counts
 */
export async function readLayers(
  sources: readonly { readonly folder: string; readonly name: string }[],
): Promise<readonly LayerText[]> {
  const known = new Map<string, ReadonlySet<string>>();
  for (const folder of new Set(sources.map((each) => each.folder))) known.set(folder, await filesIn(folder));
  const found: LayerText[] = [];
  for (const { folder, name } of sources) {
    const files = ENDINGS.map((ending) => `${name}${ending}`).filter((file) => known.get(folder)?.has(file));
    const [file, another] = files;
    if (file === undefined) continue;
    if (another !== undefined) throw new Error(`${join(folder, file)} and ${another} are one layer`);
    const path = join(folder, file);
    found.push({ path, text: (await readIfThere(path)) ?? "" });
  }
  return found;
}

async function filesIn(folder: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return new Set();
    throw error;
  }
}
