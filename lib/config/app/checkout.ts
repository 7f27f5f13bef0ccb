import { z } from "zod";
import { repositoryName } from "../../schema/names.ts";
import { common, requires, symlinks } from "./common.ts";
import { pathPerHost } from "./text.ts";

/** A revision of a repository, in place: a folder that is there already, as the older kit's gitagent did. */
export const checkoutApp = z.strictObject({
  driver: z.literal("checkout").describe("What it is made of, and how it goes live."),
  repository: repositoryName.describe("Which of `repositories` it comes from."),
  ...common,
  tree: pathPerHost.describe("The folder whose files are changed in place."),
  symlinks,
  requires,
});
