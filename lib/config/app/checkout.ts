import { z } from "zod";
import { repositoryName } from "../../schema/names.ts";
import { common, requires, symlinks } from "./common.ts";
import { pathPerHost } from "./text.ts";

/** A revision of a repository, in place: a folder that is there already, as the older kit's gitagent did. */
export const checkoutApp = z
  .strictObject({
    driver: z.literal("checkout").describe("What it is made of, and how it goes live."),
    repository: repositoryName.describe("Which of `repositories` it comes from."),
    ...common,
    tree: pathPerHost.describe("The folder whose files are changed in place."),
    symlinks,
    requires,
  })
  // Both would go into the release folder, which no visitor sees.
  .refine(({ shared }) => shared.length === 0, {
    path: ["shared"],
    error: "must be left out: files that git does not know stay in `tree` by themselves",
  })
  .refine(({ configure }) => configure === undefined, {
    path: ["configure"],
    error: "must be left out: nothing is written into `tree` but what the revision holds",
  });
