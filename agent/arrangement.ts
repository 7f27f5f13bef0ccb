import { createHash } from "node:crypto";
import type { App } from "../lib/config/apps.ts";
import { partsOf, placeOf } from "../lib/config/made-of.ts";
import { digest, type Revision } from "../lib/schema/names.ts";

/** What tells how the parts of a site are put together from every other way; undefined where an app has no parts. */
export function arrangementOf(app: App): Revision | undefined {
  if (app.driver !== "site") return undefined;
  const lines = partsOf(app).map(([part, { repository }]) => `${part} ${repository} ${placeOf(app, part)}\n`);
  return digest.parse(createHash("sha256").update(lines.toSorted().join("")).digest("hex"));
}
