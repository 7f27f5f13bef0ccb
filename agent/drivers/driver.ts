import type { DriverName, AppOf } from "../../lib/config/apps.ts";
import type { MadeOf } from "../../lib/config/made-of.ts";
import type { ReleaseName, Revision } from "../../lib/schema/names.ts";
import type { Release } from "../../lib/security/release.ts";
import type { Action } from "../step.ts";

/** A release that is to be built. */
export interface Building<Kind extends DriverName = DriverName> {
  readonly app: AppOf<Kind>;
  /** The folder that it gets. */
  readonly name: ReleaseName;
  readonly revision: Revision;
  /** What was signed. */
  readonly release: Release;
  /** The commits that it is made of; none where it is made of something else. */
  readonly commits: readonly MadeOf[];
  /** A release that is there, complete: what did not change since may be taken from it. */
  readonly base: ReleaseName | undefined;
}

/** A release that takes the place of another; null stands for nothing. */
export interface Turn<Kind extends DriverName = DriverName> {
  readonly app: AppOf<Kind>;
  readonly to: Placed | null;
  readonly from: Placed | null;
}

/** A release where it is, and what is in it. */
export interface Placed {
  readonly release: ReleaseName;
  readonly revision: Revision;
}

/** What differs from driver to driver: what is done in some phases. The rest of a plan is the same for all. Pure. */
export interface Driver<Kind extends DriverName = DriverName> {
  /** All that the release is made of is on this host. */
  readonly fetch: (building: Building<Kind>) => readonly Action[];
  /** It is complete, under its name, beside what is live. */
  readonly build: (building: Building<Kind>) => readonly Action[];
  /** It is what visitors get. Performed anew after a crash, and the other way round on the way back. */
  readonly publish: (turn: Turn<Kind>) => readonly Action[];
  /** What visitors do not get any more lets go of all that it holds besides its folder. `former`: it may go live again. */
  readonly retire: (placed: Placed, as: "former" | "failed") => readonly Action[];
}
