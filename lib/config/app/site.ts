import { z } from "zod";
import { partName, refName, repositoryName } from "../../schema/names.ts";
import { common, limits, requires, share, symlinks } from "./common.ts";
import { pathInside, pathPerHost } from "./text.ts";

const place = z.union([z.literal("."), pathInside], { error: "must be a relative path, or . for the top" });

const part = z.strictObject({
  repository: repositoryName.describe("Which of `repositories` it comes from."),
  at: place.describe("Its folder in the site; `.` for the top."),
  base: refName.describe(
    "What it stands at where nobody has said otherwise: refs/tags/NAME or refs/heads/NAME.",
  ),
});

const userData = z.strictObject({
  source: pathPerHost.describe("A folder or file of the host that outlives releases."),
  at: pathInside.describe("Where in the site it is linked in."),
});

/** The folders of a path that lies in a site; none for the top. */
export const foldersIn = (at: string): readonly string[] =>
  at.split("/").filter((name) => name !== "" && name !== ".");

const hasTwins = (places: readonly string[]): boolean =>
  new Set(places.map((at) => foldersIn(at).join("/"))).size < places.length;

/** One web tree from several repositories, as the older kit's bloatagent built. */
export const siteApp = z.strictObject({
  driver: z.literal("site").describe("What it is made of, and how it goes live."),
  parts: z
    .record(partName, part)
    .refine((parts) => Object.keys(parts).length > 0, { error: "must have a part" })
    .refine((parts) => !hasTwins(Object.values(parts).map(({ at }) => at)), {
      error: "must not have two parts at one place: one would hide the other",
    })
    .describe("The repositories that it is put together from. What lies deeper comes over what it lies in."),
  "user-data": z
    .array(userData)
    .default([])
    .describe("What is linked into each release from elsewhere on the host."),
  ...common,
  symlinks,
  share,
  ...limits,
  requires,
});
