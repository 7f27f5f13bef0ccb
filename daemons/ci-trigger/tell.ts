import { message, type Message } from "../../lib/messages/catalogue.ts";
import type { HostName } from "../../lib/schema/names.ts";
import type { Followed } from "./build.ts";
import type { Builds } from "./builds.ts";

/**
 * Tells what has not been told of a build. What follows a `yield` runs once the message was published: a crash before it makes
 * the same message come again, with the same id.
 */
export async function* tell(
  build: Followed["build"],
  builds: Builds,
  host: HostName,
): AsyncGenerator<Message> {
  if (builds.telling.has(build)) return;
  builds.telling.add(build);
  try {
    yield* untold(build, builds, host);
  } finally {
    builds.telling.delete(build);
  }
}

async function* untold(build: Followed["build"], builds: Builds, host: HostName): AsyncGenerator<Message> {
  const found = builds.get(build);
  if (found === undefined) return;
  if (found.begun !== undefined && found.told === "nothing") {
    yield message("build.started", { ...aboutOf(found), host, at: instantOf(found.begun) });
    await builds.change(build, (now) => (now === undefined ? undefined : { ...now, told: "begun" }));
  }
  const unsaid = builds.unsaid.get(build) ?? [];
  builds.unsaid.delete(build);
  yield* unsaid;
  const { end } = found;
  if (end === undefined || found.told === "end") return;
  const { at, ...verdict } = end;
  yield message("build.finished", {
    ...aboutOf(found),
    ...verdict,
    at: instantOf(at),
    seconds: Math.max(0, at - (found.begun ?? at)) / 1_000,
    steps: [],
  });
  await builds.change(build, (now) => (now === undefined ? undefined : { ...now, told: "end" }));
  await builds.forget(at);
}

const instantOf = (at: number): string => new Date(at).toISOString();

const aboutOf = ({ build, repository, project, ref, revision, url }: Followed) => ({
  build,
  repository,
  ...(project === undefined ? {} : { project }),
  ref,
  revision,
  ...(url === undefined ? {} : { url }),
});
