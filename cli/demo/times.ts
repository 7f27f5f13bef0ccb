import { pause } from "../../lib/effects/clock.ts";
import { Failure } from "../../lib/failure.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import type { Session } from "../session.ts";

/** How long a build may take to end, in milliseconds. */
const PATIENCE = 60_000;

/** When things came to pass, in milliseconds since 1970. */
export interface Times {
  readonly pushed: number;
  readonly live: Map<string, number>;
}

/** Notes when each host went live, and waits for the build of a revision. */
export async function watchTimes(session: Session, times: Times) {
  const builds = new Map<string, Data<"build.finished">>();
  await session.hear(["build.finished", "rollout.progress"], ({ type, data }) => {
    if (type === "build.finished") builds.set(data.revision, data);
    else if (type === "rollout.progress" && data.state === "live") times.live.set(data.host, Date.now());
  });
  return {
    built: async (revision: string): Promise<Data<"build.finished">> => {
      const until = Date.now() + PATIENCE;
      for (;;) {
        const build = builds.get(revision);
        if (build !== undefined) return build;
        if (Date.now() > until)
          throw new Failure("ANSWER_TIMEOUT", `No build of ${revision} ended within ${PATIENCE / 1_000} s`);
        await pause(10);
      }
    },
  };
}
