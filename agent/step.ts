import { z } from "zod";
import { liveRelease } from "../lib/messages/catalogue/deploys.ts";
import { releaseName, releaseRef, repositoryName, revision } from "../lib/schema/names.ts";
import { artifactVersion, targetName } from "../lib/schema/artifacts.ts";
import { phases, scriptPhases } from "./flow.ts";

const kind = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.object({ phase: z.enum(phases), do: z.literal(name), ...shape });

/** The release that a phase is about, and what was live before it. */
const subject = {
  script: z.enum(scriptPhases),
  release: releaseName,
  revision,
  ref: releaseRef,
  former: releaseName.nullable(),
};

/** One action of a plan. Done twice, each comes to the same: a crash in the middle of one repeats it. */
export const step = z.discriminatedUnion("do", [
  kind("lock", {}),
  kind("unlock", {}),
  /** The scripts that are the host's own are there, and nobody else's. */
  kind("require-control", {}),
  /** The mirror holds the revision. */
  kind("fetch", { repository: repositoryName, revision }),
  /** The files of the revision lie under a temporary name. `base`: a release that most of them may be like. */
  kind("stage", { revision, release: releaseName, base: releaseName.optional() }),
  /** The archive is on this host, whole, and what was signed. */
  kind("download", { target: targetName, version: artifactVersion, revision }),
  /** Its files lie under a temporary name. */
  kind("unpack", { revision, release: releaseName }),
  /** The engine has the image, and its id lies under a temporary name. */
  kind("load", { revision, release: releaseName }),
  /** They are on disk, and have their name. */
  kind("seal", { revision, release: releaseName }),
  /** The app's script of this phase, where it has one, ran once and ended well. */
  kind("script", subject),
  /** What the app names of what is ready-made, by its place in this phase, is done. */
  kind("run", { index: z.int().min(0), ...subject }),
  /** What the app's layers of configuration come to is written into this one. */
  kind("configure", { release: releaseName }),
  /** What outlives releases is linked into this one. */
  kind("link-shared", { release: releaseName }),
  /** What of the host outlives releases is linked into this one, by its own path. */
  kind("link-user-data", { release: releaseName }),
  /** The folder of a checkout may be written into, and nothing of it would be lost. */
  kind("require-tree", { repository: repositoryName, revision }),
  /** The folder of a checkout holds the files of the revision. `former`: what it held before. */
  kind("lay-out", { repository: repositoryName, revision, former: revision.nullable() }),
  /** The container of the release runs, and is ready. */
  kind("start", { release: releaseName }),
  /** Visitors are sent to the container of the release, or to none, and nobody is served by another. */
  kind("switch", { release: releaseName.nullable() }),
  /** The container of the release does not run. `remove`: nor is it there. */
  kind("stop", { release: releaseName, remove: z.boolean() }),
  /** No visitor is sent to this host, and none is served any more. */
  kind("drain", {}),
  /** Visitors are sent to this host. */
  kind("undrain", {}),
  /** `current` leads to the release, or is not there. */
  kind("publish", { release: releaseName.nullable() }),
  /** The manifest says so. `fresh`: the first of them became live just now. */
  kind("declare", { lives: z.array(liveRelease), fresh: z.boolean() }),
  /** The app answers. */
  kind("check", { revision }),
  /** These releases are gone, and so is whatever earlier deploys left half-done. */
  kind("prune", { releases: z.array(releaseName) }),
]);
export type Step = z.infer<typeof step>;

/** A step before it is known in which phase it stands. */
export type Action = Step extends infer Each ? (Each extends Step ? Omit<Each, "phase"> : never) : never;
