import { Failure } from "../failure.ts";
import type { AppName, PartName, RefName, RepositoryName, Revision } from "../schema/names.ts";
import type { Release } from "../security/release.ts";
import { foldersIn } from "./app/site.ts";
import type { App, AppOf, DriverName } from "./apps.ts";

/** A repository that an app comes from; of a site, which part of it. */
export interface Origin {
  readonly repository: RepositoryName;
  readonly part?: PartName;
}

/** A commit that a release is made of, and where it comes from. */
export interface MadeOf extends Origin {
  readonly commit: Revision;
  readonly ref: RefName;
}

/** The repositories that an app comes from. */
export function originsOf(app: App): readonly Origin[] {
  switch (app.driver) {
    case "release":
    case "checkout":
      return [{ repository: app.repository }];
    case "site":
      return partsOf(app).map(([part, { repository }]) => ({ repository, part }));
    case "artifact":
    case "container":
      return [];
  }
}

/** The parts of a site, those first that others lie in: what is deeper comes over it. */
export const partsOf = ({ parts }: AppOf<"site">) =>
  (Object.entries(parts) as [PartName, AppOf<"site">["parts"][PartName]][]).toSorted(
    ([, one], [, other]) => foldersIn(one.at).length - foldersIn(other.at).length,
  );

/** The folder of a release that a part is put into; empty where it is all of it. */
export function placeOf(app: App, part: PartName | undefined): string {
  const at = app.driver === "site" && part !== undefined ? app.parts[part]?.at : undefined;
  return foldersIn(at ?? "").join("/");
}

/** What kinds of release each driver takes. */
const takes: Readonly<Record<Exclude<DriverName, "container">, readonly Release["type"][]>> = {
  release: ["git"],
  checkout: ["git"],
  site: ["site"],
  artifact: ["artifact"],
};

/** Of a container, only what its images come as. */
const typesFor = (app: App): readonly Release["type"][] =>
  app.driver === "container" ? ["pull" in app.image ? "image" : "artifact"] : takes[app.driver];

/**
 * The commits that a release of an app is made of; none where it is made of something else.
 * @throws {Failure} RELEASE_MISFIT where the app is made of something else than the release
 */
export function commitsOf(name: AppName, app: App, release: Release): readonly MadeOf[] {
  if (!typesFor(app).includes(release.type))
    throw misfit(name, `its driver ${app.driver} takes no release of the type ${release.type}`);
  if (release.type === "git")
    return originsOf(app).map((origin) => ({ ...origin, commit: release.commit, ref: release.ref }));
  if (release.type !== "site") return [];
  const [wanted, named] = [originsOf(app), new Map(release.parts.map((each) => [each.part, each]))];
  const odd = release.parts.find(({ part }) => !wanted.some((each) => each.part === part));
  if (odd !== undefined) throw misfit(name, `it has no part ${odd.part}`);
  return wanted.map((origin) => {
    const at = origin.part && named.get(origin.part);
    if (at === undefined) throw misfit(name, `the release says nothing of its part ${origin.part}`);
    return { ...origin, commit: at.commit, ref: at.ref };
  });
}

/** Whether a commit may be deployed only where its build passed. */
export const requiresBuild = (app: App): boolean => "requires" in app && app.requires.includes("build");

const misfit = (name: AppName, why: string): Failure =>
  new Failure("RELEASE_MISFIT", `Cannot deploy ${name}: ${why}`);
