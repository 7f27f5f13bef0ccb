import type { CiServer, Place } from "../../lib/effects/ci/ci.ts";
import type { Log } from "../../lib/log.ts";
import type { Secret } from "../../lib/schema/secret.ts";
import type { Followed } from "./build.ts";
import type { Builds } from "./builds.ts";
import type { Job, Settings } from "./settings.ts";

/** What following works with. */
export interface Following {
  readonly builds: Builds;
  readonly servers: ReadonlyMap<string, CiServer>;
  /** The tokens of single jobs. */
  readonly tokens: ReadonlyMap<string, Secret>;
  /** The servers that did not answer last. */
  readonly troubled: Set<string>;
  /** Where the builds are kept. */
  readonly folder: string;
  /** The servers that are just being asked, and what waits for their answers. */
  readonly passes: Map<string, Promise<unknown>>;
}

/** What whoever follows is given. */
export interface Around {
  readonly config: Settings;
  readonly deps: Following;
  readonly log: Log;
  readonly now: () => Date;
}

/** What holds for a build whose job the configuration no longer has. */
const FORMER: Pick<Job, "unstable" | "log" | "deadline"> = {
  unstable: "failed",
  log: false,
  deadline: 12 * 3_600_000,
};

/** Where a build takes place. */
export const placeOf = ({ place, ref }: Followed): Place => ({ job: place, ref });

/** What the configuration says now of the job of a build. */
export const jobOf = ({ job }: Followed, { jobs }: Settings): Pick<Job, "unstable" | "log" | "deadline"> =>
  (Object.hasOwn(jobs, job) ? jobs[job] : undefined) ?? FORMER;
