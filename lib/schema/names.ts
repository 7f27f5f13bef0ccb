import { z } from "zod";

/** A name of its own kind: what fits a pattern, and says what it must be where it does not. */
export const named = <Brand extends string>(pattern: RegExp, form: string) =>
  z
    .string({ error: `must be ${form}` })
    .regex(pattern, { error: `must be ${form}` })
    .brand<Brand>();

const WORD = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

/** A repository, such as `shop` or `team/site`. Safe as a path below a folder of ours. */
export const repositoryName = named<"RepositoryName">(
  new RegExp(String.raw`^(?!.*\.\.)(?!.*\.(git|lock)(/|$))${WORD}(/${WORD}){0,3}$`),
  "a repository name such as team/site",
);
export type RepositoryName = z.infer<typeof repositoryName>;

/** An app, such as `shop`. */
export const appName = named<"AppName">(/^(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,63}$/, "an app name such as shop");
export type AppName = z.infer<typeof appName>;

/** An environment, such as `production`. */
export const environmentName = named<"EnvironmentName">(
  /^(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,63}$/,
  "an environment name such as production",
);
export type EnvironmentName = z.infer<typeof environmentName>;

/** A site that people log in at, such as `shop-preview`. */
export const siteName = named<"SiteName">(
  /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  "a site name such as shop-preview",
);
export type SiteName = z.infer<typeof siteName>;

/** Who logs in there. Nothing in it means anything in a file of passwords, or in a configuration of HAProxy. */
export const loginName = named<"LoginName">(
  /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/,
  "a user name such as dana or dana@example.com",
);
export type LoginName = z.infer<typeof loginName>;

/** A host's identity, in the form of RFC 1123 section 2.1. */
export const hostName = named<"HostName">(
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
  "a host name such as web1.example.com",
);
export type HostName = z.infer<typeof hostName>;

/** What is said of a host beside its name, such as `role`. */
export const labelName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/, { error: "must be a label such as role" });

/** A full ref. Stricter than git's own rule (git-check-ref-format): nothing in it means anything to a shell or an option parser. */
export const refName = named<"RefName">(
  /^(?=.{1,220}$)(?!.*(\.\.|\/\/|@\{|\/\.|\.lock(\/|$)|\/$|\.$))(?!.*\/([0-9a-f]{40}|[0-9a-f]{64})$)refs\/(heads|tags)\/[A-Za-z0-9][A-Za-z0-9._/@+-]*$/,
  "a full ref such as refs/heads/main",
);
export type RefName = z.infer<typeof refName>;

/** A part of a site, such as `theme`. */
export const partName = named<"PartName">(
  /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  "a part such as theme",
);
export type PartName = z.infer<typeof partName>;

/** A version of an artifact in one of its targets, as a policy and a release name it. */
export const artifactRef = named<"ArtifactRef">(
  /^(?!.*\.\.)(?!.*\/latest$)(?!.*\.meta$)refs\/artifacts\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}\/[A-Za-z0-9][A-Za-z0-9._+~-]{0,99}$/,
  "a version of an artifact such as refs/artifacts/master/1.4.2",
);

/** What an image is called in its registry, as a policy and a release name it. */
export const imageRef = named<"ImageRef">(
  /^(?!.*\.\.)refs\/images\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
  "an image such as refs/images/1.4.2",
);

/** What a release goes by, whatever it is made of. */
export const releaseRef = z.union([refName, artifactRef, imageRef], {
  error: "must be a full ref such as refs/heads/main, refs/artifacts/master/1.4.2 or refs/images/1.4.2",
});
export type ReleaseRef = z.infer<typeof releaseRef>;

/** A full object id of a commit: 40 hexadecimal digits (SHA-1) or 64 (SHA-256). */
export const revision = named<"Revision">(
  /^([0-9a-f]{40}|[0-9a-f]{64})$/,
  "a full object id of 40 or 64 hexadecimal digits",
);
export type Revision = z.infer<typeof revision>;

/** SHA-256 of what a release is made of: it stands where the id of a commit stands. */
export const digest = named<"Revision">(/^[0-9a-f]{64}$/, "a SHA-256 of 64 hexadecimal digits");

/** A revision of Subversion, such as `r42`; `r0` is the empty repository. */
export const svnRevision = named<"SvnRevision">(
  /^r(0|[1-9]\d{0,9})$/,
  "a revision of Subversion such as r42",
);
export type SvnRevision = z.infer<typeof svnRevision>;

/** What a push leads to: a commit of git, or a revision of Subversion. */
export const anyRevision = z.union([revision, svnRevision], {
  error: "must be a full object id of 40 or 64 hexadecimal digits, or a revision of Subversion such as r42",
});
export type AnyRevision = z.infer<typeof anyRevision>;

/** Whether a revision is one of Subversion. */
export const isOfSvn = (id: AnyRevision): id is SvnRevision => id.startsWith("r");

/** A project within a repository of Subversion that holds several: the path of its folder. */
export const projectName = named<"ProjectName">(
  /^(?=.{1,200}$)(?!\.\.?(\/|$))(?!.*\/\.\.?(\/|$))(?!.*\/\/)[^\p{Cc}\p{Cf}/:\u2028\u2029][^\p{Cc}\p{Cf}:\u2028\u2029]*(?<!\/)$/u,
  "a project such as time-sink",
);
export type ProjectName = z.infer<typeof projectName>;

/** The id that git gives a ref that is not there: before it was created, after it was deleted. */
export const NO_REVISION = revision.parse("0".repeat(40));

/** Whether an id is git's "not there", in either length. */
export const isNoRevision = (id: AnyRevision): boolean => /^0+$/.test(id);

/** The id of one build: the pipeline and the revision that it builds. */
export const buildId = named<"BuildId">(
  /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,259}@([0-9a-f]{40}|[0-9a-f]{64}|r[1-9]\d{0,9})$/,
  "a build id such as shop@REVISION",
);
export type BuildId = z.infer<typeof buildId>;

/** The id of one signed command, and of the rollout that it asks for: 80 random bits in Crockford's base 32. */
export const commandId = named<"CommandId">(/^[0-9a-hjkmnp-tv-z]{16}$/, "a command id of 16 characters");
export type CommandId = z.infer<typeof commandId>;

/** A release folder: when it was authorised, and the first digits of its revision. */
export const releaseName = named<"ReleaseName">(
  /^\d{8}T\d{6}-[0-9a-f]{7,64}$/,
  "a release name such as 20261121T101502-9fceb02",
);
export type ReleaseName = z.infer<typeof releaseName>;

/** The short name of a branch, a tag or a version, for people. */
export const shortRef = (ref: string): string =>
  ref.replace(/^refs\/(heads\/|tags\/|images\/|artifacts\/[^/]*\/)/, "");

/** The first digits of a revision, for people. */
export const shortRevision = (id: string): string => (/^r\d+$/.test(id) ? id : id.slice(0, 7));
