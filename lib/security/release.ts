import { createHash } from "node:crypto";
import { z } from "zod";
import {
  artifactRef,
  digest,
  imageRef,
  partName,
  refName,
  type ReleaseRef,
  revision,
  type Revision,
} from "../schema/names.ts";

const MOST_PARTS = 200;

/** One part of a site: which commit it stands at, and by which ref it was named. */
export const sitePart = z.strictObject({ part: partName, commit: revision, ref: refName });
export type SitePart = z.infer<typeof sitePart>;

/** What is to go live: all of it by full object id or digest, so that what was seen is what is signed. */
export const release = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("git"), commit: revision, ref: refName }),
  z.strictObject({
    type: z.literal("site"),
    /** The ref that a person named; that of the first part where all were asked for. */
    ref: refName,
    parts: z
      .array(sitePart)
      .min(1)
      .max(MOST_PARTS)
      .refine((parts) => new Set(parts.map(({ part }) => part)).size === parts.length, {
        error: "names a part twice",
      }),
  }),
  z.strictObject({ type: z.literal("artifact"), digest, ref: artifactRef }),
  z.strictObject({ type: z.literal("image"), digest, ref: imageRef }),
]);
export type Release = z.infer<typeof release>;

/** The one id that tells a release from every other: a commit's, a digest, or of a site a digest over its parts. */
export function revisionOf(release: Release): Revision {
  switch (release.type) {
    case "git":
      return release.commit;
    case "site":
      return digestOfParts(release.parts);
    case "artifact":
    case "image":
      return release.digest;
  }
}

/** Every ref that a policy must allow before a release may go live. */
export const refsOf = (release: Release): readonly ReleaseRef[] =>
  release.type === "site" ? release.parts.map(({ ref }) => ref) : [release.ref];

/** What was live, as it can be asked for again. */
export function releaseOf({
  revision: id,
  ref,
  parts,
}: {
  readonly revision: Revision;
  readonly ref: ReleaseRef;
  readonly parts?: readonly SitePart[] | undefined;
}): Release {
  if (parts !== undefined) return release.parse({ type: "site", ref, parts });
  if (ref.startsWith("refs/artifacts/")) return release.parse({ type: "artifact", digest: id, ref });
  if (ref.startsWith("refs/images/")) return release.parse({ type: "image", digest: id, ref });
  return release.parse({ type: "git", commit: id, ref });
}

/** The order in which parts are named makes no other site. */
function digestOfParts(parts: readonly SitePart[]): Revision {
  const lines = parts.map(({ part, commit }) => `${part} ${commit}\n`).toSorted();
  return digest.parse(createHash("sha256").update(lines.join("")).digest("hex"));
}
