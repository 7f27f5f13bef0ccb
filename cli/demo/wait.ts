import { Failure } from "../../lib/failure.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import type { Session } from "../session.ts";

/** How long a step of the demonstration may take, in milliseconds. */
const PATIENCE = 60_000;

/** When things came to pass, in milliseconds since 1970. */
export interface Times {
  readonly pushed: number;
  built: number;
  readonly live: Map<string, number>;
}

/** Notes when the build ended and when each host went live. */
export async function watchTimes(session: Session, times: Times): Promise<{ built: Promise<Data<"build.finished">> }> {
  let finish: (build: Data<"build.finished">) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const built = new Promise<Data<"build.finished">>((resolve, reject) => ([finish, fail] = [resolve, reject]));
  const timer = setTimeout(() => fail(new Failure("ANSWER_TIMEOUT", `No build ended within ${PATIENCE / 1_000} s`)), PATIENCE);
  await session.hear(["build.finished", "rollout.progress"], ({ data }) => {
    if ("build" in data && "outcome" in data) {
      clearTimeout(timer);
      times.built = Date.now();
      finish(data);
    } else if ("state" in data && "rollout" in data && data.state === "live") times.live.set(data.host, Date.now());
  });
  return { built };
}
