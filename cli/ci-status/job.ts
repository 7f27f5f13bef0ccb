import { shownAt } from "../../lib/effects/ci/ci.ts";
import { Failure } from "../../lib/failure.ts";
import {
  type AnyRevision,
  anyRevision,
  buildId,
  type BuildId,
  type RefName,
  refName,
  type RepositoryName,
  repositoryName,
} from "../../lib/schema/names.ts";
import { placeOf } from "../../lib/schema/place.ts";
import { parsed } from "../parsed.ts";
import type { Settings } from "../settings.ts";

/** What a job of Jenkins says of itself, and what a person adds. */
interface Said {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly repository?: string | undefined;
  readonly ref?: string | undefined;
}

/** A build, as messages name it. */
export interface RunningBuild {
  readonly build: BuildId;
  readonly repository: RepositoryName;
  readonly ref: RefName;
  readonly revision: AnyRevision;
  readonly url?: string;
}

/** A job of `ci-trigger`, as far as it tells what a job of Jenkins builds. */
interface KnownJob {
  readonly repository: RepositoryName;
  readonly job: string;
}

/**
 * Which build a job of Jenkins is, by the variables that Jenkins gives it.
 * @throws {Failure} BUILD_UNCLEAR where they do not tell, with what is missing
 */
export function buildOf({ environment, ...said }: Said, settings: Settings): RunningBuild {
  const known = knownJob(environment["JOB_NAME"] ?? "", settings);
  const repository =
    said.repository === undefined
      ? (known?.repository ?? repositoryIn(environment, settings))
      : parsed(repositoryName, said.repository, "--repository");
  const ref =
    said.ref === undefined ? refIn(environment, repository) : parsed(refName, fullRef(said.ref), "--ref");
  const revision = revisionIn(environment);
  const url = shownAt(environment["BUILD_URL"]);
  const pipeline = known?.repository === repository ? known.name : repository;
  return {
    build: buildId.parse(`${pipeline}@${revision}`),
    repository,
    ref,
    revision,
    ...(url === undefined ? {} : { url }),
  };
}

const unclear = (why: string): Failure =>
  new Failure("BUILD_UNCLEAR", `Cannot tell which build this is: ${why}`);

/** What ci-trigger calls this job: its builds then have one id, whoever tells of them. */
function knownJob(name: string, settings: Settings): (KnownJob & { readonly name: string }) | undefined {
  const { jobs } = (settings as unknown as { "ci-trigger": { jobs: Readonly<Record<string, KnownJob>> } })[
    "ci-trigger"
  ];
  // Jenkins writes a branch of a multibranch job as the last part of its name.
  const forms = [name, name.replace(/\/[^/]*$/, "/{branch}")];
  const found = Object.entries(jobs).filter(([, { job }]) => forms.includes(job));
  const [only] = found;
  return found.length === 1 && only !== undefined ? { name: only[0], ...only[1] } : undefined;
}

function repositoryIn(environment: Said["environment"], { repositories }: Settings): RepositoryName {
  const names = Object.keys(repositories) as RepositoryName[];
  const from = environment["GIT_URL"] ?? environment["SVN_URL"] ?? "";
  const at = placeOf(from);
  const byPlace = names.filter((name) => {
    const url = repositories[name]?.url ?? "";
    const place = placeOf(url);
    return url === from || (at !== undefined && place?.host === at.host && place.path === at.path);
  });
  if (byPlace.length === 1 && byPlace[0] !== undefined) return byPlace[0];
  // The older kit had people call the remote like the repository.
  const branch = environment["GIT_BRANCH"] ?? "";
  const byRemote = names.find((name) => branch.startsWith(`${name}/`));
  if (byRemote !== undefined) return byRemote;
  const looked =
    from === "" ? "GIT_URL is not set" : `no repository of the configuration is at ${placed(from)}`;
  throw unclear(`${looked}, and no job of ci-trigger is called like this one; say --repository NAME`);
}

/** An address without the login that may be in it. */
const placed = (url: string): string => {
  const place = placeOf(url);
  return place === undefined ? "GIT_URL" : `${place.host}/${place.path}`;
};

function refIn(environment: Said["environment"], repository: RepositoryName): RefName {
  const { TAG_NAME: tag, BRANCH_NAME: exact, GIT_BRANCH: branch } = environment;
  if (tag) return refOf(`refs/tags/${tag}`);
  if (exact) return refOf(fullRef(exact));
  if (branch) return refOf(fullRef(withoutRemote(branch, repository)));
  if (environment["SVN_REVISION"]) return refOf("refs/heads/trunk");
  throw unclear("none of GIT_BRANCH, BRANCH_NAME and TAG_NAME is set; say --ref REF");
}

/** Jenkins puts the name of the remote before the branch: usually `origin`, in the older kit the repository. */
function withoutRemote(branch: string, repository: RepositoryName): string {
  const remote = ["origin", repository].find((each) => branch.startsWith(`${each}/`));
  return remote === undefined ? branch : branch.slice(remote.length + 1);
}

const fullRef = (name: string): string => (name.startsWith("refs/") ? name : `refs/heads/${name}`);

function refOf(name: string): RefName {
  const ref = refName.safeParse(name);
  if (ref.success && name !== "refs/heads/detached") return ref.data;
  throw unclear(`${JSON.stringify(name.slice(0, 100))} is no branch and no tag; say --ref REF`);
}

function revisionIn({ GIT_COMMIT: commit, SVN_REVISION: svn }: Said["environment"]): AnyRevision {
  const said = commit || (svn && `r${svn}`);
  if (!said) throw unclear("GIT_COMMIT is not set: call this after the job has checked out");
  const revision = anyRevision.safeParse(said);
  if (revision.success) return revision.data;
  throw unclear(`GIT_COMMIT is ${JSON.stringify(said.slice(0, 80))}, which is no full object id`);
}
