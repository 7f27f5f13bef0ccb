import { kindOf, pointLink } from "../../lib/effects/files.ts";
import { removeLink } from "../../lib/effects/folders.ts";
import { currentNotLink } from "../state.ts";
import type { Perform } from "./step-of.ts";

/** Points `current` at the release; where there is none to point at, nothing broken stays live. */
export const publish: Perform<"publish"> = async ({ release }, { layout }) => {
  const kind = await kindOf(layout.current);
  if (kind !== undefined && kind !== "link") throw currentNotLink(layout);
  if (release === null) await removeLink(layout.current);
  else await pointLink(layout.current, `releases/${release}`);
};
