import { addToHistory } from "../history.ts";
import { readLives, writeManifest } from "../state.ts";
import type { Perform } from "./step-of.ts";
import { writeTag } from "./tag.ts";

/** Writes down what is live now, and since when. */
export const declare: Perform<"declare"> = async ({ lives, fresh }, { app, layout, request, now }) => {
  const at = now().toISOString();
  const [former] = await readLives(layout);
  const [live, ...earlier] = lives;
  await writeManifest(layout, live && fresh ? [{ ...live, since: at }, ...earlier] : lives);
  const line = { at, rollout: request.command.id };
  if (former && former.release !== live?.release) {
    const { release, revision } = former;
    await addToHistory(layout, { ...line, release, revision, event: "left" });
  }
  if (live && app.driver === "checkout") await writeTag(layout, live.ref);
  if (live) {
    const { release, revision } = live;
    await addToHistory(layout, { ...line, release, revision, event: "live" });
  }
};
