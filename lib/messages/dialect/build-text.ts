import { hostName, repositoryName } from "../../schema/names.ts";
import type { Data } from "../catalogue.ts";
import { keyLines, oneLine, refused, type TextForm, type WrittenLine, type WrittenText } from "./text.ts";

const WHAT = "a text of jenkins-helper";
const MOST_URL = 2_000;
const STATUS = { "Start job": undefined, Success: "passed", Cake: "failed" } as const;

/** What jenkins-helper says of a build. The branch and the revision are in its subject alone. */
export const buildText: TextForm = {
  begins: /^Repo:/,
  read: ({ subject, text, at }) => {
    const { keys } = keyLines(text, WHAT);
    if (subject === undefined) throw refused(WHAT, "it has no subject, which alone tells the revision");
    const [, job, branch, revision] =
      /^(?:Begin|Complete|Fail) job \S* - \[(.*)\] (\S+) (\S+)$/.exec(subject) ?? [];
    if (job === undefined || branch === undefined || revision === undefined)
      throw refused(WHAT, `its subject is not "Complete job N - [JOB] BRANCH COMMIT"`);
    const status = keys.get("Status") ?? "";
    if (!Object.hasOwn(STATUS, status))
      throw refused(WHAT, `${JSON.stringify(status)} is none of ${Object.keys(STATUS).join(", ")}`);
    const outcome = STATUS[status as keyof typeof STATUS];
    const repository = repositoryOf(keys.get("Repo") ?? "", branch, job);
    const url = keys.get("URL") ?? "";
    const built = {
      build: `${repository}@${revision}`,
      repository,
      ref: refOf(branch, repository),
      revision,
      ...(url === "" ? {} : { url }),
      at,
    };
    return outcome === undefined
      ? { type: "build.started", data: { ...built, host: hostIn(url) } }
      : { type: "build.finished", data: { ...built, outcome, seconds: 0, steps: [] } };
  },
};

/** jenkins-helper takes what is before the first `/` of the branch for the repository: usually the name of a remote. */
function repositoryOf(repo: string, branch: string, job: string): string {
  if (repo !== "origin" && repo !== branch) return repo;
  if (repositoryName.safeParse(job).success) return job;
  throw refused(
    WHAT,
    `it names no repository: ${JSON.stringify(repo)} is that of a remote or a branch, and the job ${JSON.stringify(job.slice(0, 80))} cannot be one`,
  );
}

/** Jenkins puts a remote, or jenkins-helper's own convention the repository, before the branch. */
function refOf(branch: string, repository: string): string {
  if (branch.startsWith("refs/")) return branch;
  const slash = branch.indexOf("/");
  const short = branch.startsWith(`${repository}/`)
    ? branch.slice(repository.length + 1)
    : branch.slice(slash + 1);
  return short.startsWith("tags/") ? `refs/${short}` : `refs/heads/${short}`;
}

function hostIn(url: string): string {
  const host = URL.canParse(url) ? hostName.safeParse(new URL(url).hostname).data : undefined;
  return host ?? "jenkins";
}

type Build = Data<"build.started"> | Data<"build.finished">;

/** A build for those who wait for a green one. */
export function writeBuild(build: Build): WrittenText {
  const { repository, url = "" } = build;
  // An address from a message may hold anything; here it must not end its line, nor grow longer than one may be.
  const written = url.replace(/[\s\p{Cc}]/gu, encodeURIComponent);
  const address = written.length > MOST_URL ? "" : written;
  const status = !("outcome" in build) ? "Start job" : build.outcome === "passed" ? "Success" : "Cake";
  return { subject: subjectOf(build), body: `Repo: ${repository}\nURL: ${address}\nStatus: ${status}\n` };
}

function subjectOf(build: Build): string {
  const [, job = build.repository, number = "0"] = /\/job\/([^/]+)\/(\d+)\/?$/.exec(build.url ?? "") ?? [];
  const verb = !("outcome" in build) ? "Begin" : build.outcome === "passed" ? "Complete" : "Fail";
  const branch = `${build.repository}/${build.ref.replace(/^refs\/(heads\/)?/, "")}`;
  return oneLine(`${verb} job ${number} - [${job}] ${branch} ${build.revision}`);
}

/** The line that jenkins-helper says beside it. */
export const buildLine = (build: Build): WrittenLine => ({
  source: "jenkins",
  text: subjectOf(build),
});
