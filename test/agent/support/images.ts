import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Line } from "../../../lib/artifacts/metadata.ts";
import { storeOn } from "../../../lib/artifacts/store.ts";
import { folderObjects } from "../../../lib/effects/stores/folder.ts";
import { artifactName, artifactVersion, targetName } from "../../../lib/schema/artifacts.ts";
import { appName, type Revision, revision } from "../../../lib/schema/names.ts";

const LINE: Line = {
  app: appName.parse("shop"),
  target: targetName.parse("master"),
  artifact: artifactName.parse("shop.tar"),
};

/** An image in a store, as it can be deployed. */
export interface StoredImage {
  readonly revision: Revision;
  readonly release: { readonly type: "artifact"; readonly digest: string; readonly ref: string };
}

/** Puts an archive as the next version of shop.tar into the store in the folder `builds`. */
export async function putImage(folder: string, archive: Buffer): Promise<StoredImage> {
  const store = storeOn(folderObjects(join(folder, "builds")));
  const file = join(folder, "image");
  writeFileSync(file, archive);
  const version = artifactVersion.parse(String(await store.next(LINE)));
  const { sha256 } = await store.put(LINE, { file, version });
  const ref = `refs/artifacts/master/${version}`;
  return { revision: revision.parse(sha256), release: { type: "artifact", digest: sha256, ref } };
}
