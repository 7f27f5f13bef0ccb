import type { Data } from "../../lib/messages/catalogue.ts";
import { matches } from "../../lib/schema/filter.ts";
import { isNoRevision } from "../../lib/schema/names.ts";
import type { Job } from "./settings.ts";

type Push = Data<"commit.pushed">;

/** The names of the jobs that a push asks for. */
export const jobsFor = (push: Push, jobs: Readonly<Record<string, Job>>): readonly string[] =>
  leadsNowhere(push)
    ? []
    : Object.entries(jobs).flatMap(([name, job]) =>
        isFor(job, push) && !isSkipped(job, push) ? [name] : [],
      );

/** Whether a ref was deleted: there is nothing to build. */
export const leadsNowhere = ({ change, after }: Push): boolean => change === "deleted" || isNoRevision(after);

function isFor({ repository, project, refs, "ignore-refs": ignored, paths }: Job, push: Push): boolean {
  const fits = (patterns: readonly string[]) => patterns.some((pattern) => matches(pattern, push.ref));
  return (
    repository === push.repository &&
    (project === undefined || project === push.project) &&
    fits(refs) &&
    !fits(ignored) &&
    touches(paths, push)
  );
}

/** Who does not know what a push changed, or not all of it, builds: a build too many harms less than one too few. */
function touches(patterns: readonly string[], { paths }: Push): boolean {
  if (patterns.length === 0 || paths === undefined || paths.cut) return true;
  return paths.changed.some((path) => patterns.some((pattern) => matches(pattern, path)));
}

/** Who tags means it. */
function isSkipped({ "skip-words": words }: Job, { ref, after, commits }: Push): boolean {
  if (ref.startsWith("refs/tags/")) return false;
  const newest = commits.find(({ revision }) => revision === after);
  return newest !== undefined && words.some((word) => newest.message.includes(word));
}
