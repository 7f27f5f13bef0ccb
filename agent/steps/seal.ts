import { kindOf, syncData } from "../../lib/effects/files.ts";
import { giveName } from "../../lib/effects/folders.ts";
import { arrangementOf } from "../arrangement.ts";
import { releasePath } from "../layout.ts";
import { addToHistory } from "../history.ts";
import { stagingPath } from "./stage.ts";
import type { Perform } from "./step-of.ts";

/** Gives the release its name. Its data goes to disk first: a synced name with lost data would be a torn release. */
export const seal: Perform<"seal"> = async ({ release, revision }, { app, layout, request, now }) => {
  const path = releasePath(layout, release);
  if ((await kindOf(path)) === undefined) {
    const staging = stagingPath(layout, release);
    await syncData(staging);
    await giveName(staging, path);
  }
  const at = now().toISOString();
  const arrangement = arrangementOf(app);
  await addToHistory(layout, {
    release,
    revision,
    event: "built",
    at,
    rollout: request.command.id,
    ...(arrangement && { arrangement }),
  });
};
