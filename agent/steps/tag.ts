import { join } from "node:path";
import { writeWhole } from "../../lib/effects/files.ts";
import { shortRef } from "../../lib/schema/names.ts";
import type { Layout } from "../layout.ts";

/** Says which tag is checked out, in the file that the older kit's agent kept. */
export const writeTag = (layout: Layout, ref: string): Promise<void> =>
  writeWhole(join(layout.root, "TAG"), `Tag: ${shortRef(ref)}\n`);
