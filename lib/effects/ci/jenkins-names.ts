import { Failure } from "../../failure.ts";
import { shortRef } from "../../schema/names.ts";
import type { Place } from "./ci.ts";

/** What Jenkins refuses in a name; a branch that holds such a character is named with it encoded. */
const UNFIT = /[?*/\\%!@#$^&|<>[\]:;\p{Cc}\u0020]/gu;

/** What is no part of the path of a job: Jenkins would take `..` for the folder above, and `?` for the end of the path. */
const REFUSED = /[?*\\!@#$^&|<>[\]:;{}"'\p{Cc}\p{Cf}]/u;

/**
 * The path of a job on its server: `team/sub/app` is `/job/team/job/sub/job/app`. A branch of a multibranch job is called as
 * Jenkins calls it, and encoded once more for the path: `feature/x` becomes `feature%252Fx`.
 * @throws {Failure} CI_JOB_UNKNOWN for what can be no job
 */
export function jobPath({ job, ref }: Place): string {
  const named = job.replaceAll("{branch}", branchName(shortRef(ref)));
  const segments = named.split("/");
  const unfit = segments.find((segment) => !isName(segment));
  if (unfit !== undefined)
    throw new Failure(
      "CI_JOB_UNKNOWN",
      `Cannot use ${JSON.stringify(job)} as a job: ${JSON.stringify(unfit)} cannot be part of its name`,
    );
  return segments.map((segment) => `/job/${encodeURIComponent(segment)}`).join("");
}

/** Whether an address is that of the job with this path, and not of one of the same name in a folder; what Jenkins is reached at may differ. */
export function isPathOf(path: string, url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { pathname } = new URL(url);
  return pathname.endsWith(`${path}/`) && !pathname.slice(0, -path.length - 1).includes("/job/");
}

const branchName = (branch: string): string =>
  branch.replace(UNFIT, (unfit) => `%${unfit.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

function isName(segment: string): boolean {
  if (segment === "" || segment.length > 300 || REFUSED.test(segment)) return false;
  // An encoded character is part of a branch's name; nothing that means "here" or "above" is.
  if (/%(?![0-9A-F]{2})/.test(segment)) return false;
  return !/^\.{1,2}$/.test(segment.replace(/%2E/g, "."));
}
