import { type ReleaseRef, shortRef, shortRevision } from "../lib/schema/names.ts";
import type { SitePart } from "../lib/security/release.ts";

/** What people call a release: the short name of its ref; of a site, that of each part. */
export const nameOf = ({
  ref,
  parts,
}: {
  readonly ref: ReleaseRef;
  readonly parts?: readonly SitePart[] | undefined;
}): string =>
  parts === undefined
    ? shortRef(ref)
    : parts.map(({ part, ref: at, commit }) => `${part} ${shortRef(at)} ${shortRevision(commit)}`).join(", ");
