import { z } from "zod";
import { repositoryName } from "../../schema/names.ts";
import { common, limits, requires, share, symlinks } from "./common.ts";

/** A revision of a repository, in a folder of its own. */
export const releaseApp = z.strictObject({
  driver: z.literal("release").default("release").describe("What it is made of, and how it goes live."),
  repository: repositoryName.describe("Which of `repositories` it comes from."),
  ...common,
  symlinks,
  share,
  ...limits,
  requires,
});
