import { symlinkSync, writeFileSync } from "node:fs";
import { isLink, type TreeFile } from "../git/listing.ts";
import { inFolder, parentOf } from "./bytes.ts";
import { folderMaker } from "./sharing.ts";

/** A file whose contents were read already, and are written as they are. */
type Held = TreeFile & { readonly contents: Buffer };

/** Whether nothing has to be asked of git any more to write a file. */
export const isHeld = (file: TreeFile): file is Held => file.contents !== undefined;

/** Writes files whose contents were read already: no process has to start for them. */
export function writeHeld(files: readonly Held[], into: string): void {
  const folders = folderMaker(into);
  for (const { path, contents, ...file } of files) {
    folders(parentOf(path));
    const target = inFolder(into, path);
    if (isLink(file)) symlinkSync(contents, target);
    else writeFileSync(target, contents, { flag: "wx" });
  }
}
