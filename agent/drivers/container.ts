import { artifactInRef } from "../../lib/schema/artifacts.ts";
import type { Driver } from "./driver.ts";
import { linked } from "./parts.ts";

/** An image that an engine runs: the new container is started beside the old one, which stays for a rollback. */
export const containerDriver: Driver<"container"> = {
  fetch: ({ release, revision }) =>
    release.type === "artifact" ? [{ do: "download", ...artifactInRef(release.ref), revision }] : [],
  build: ({ name, revision }) => [
    { do: "load", revision, release: name },
    { do: "seal", revision, release: name },
  ],
  publish: ({ to }) => [
    ...(to === null ? [] : [{ do: "start" as const, release: to.release }]),
    { do: "switch", release: to?.release ?? null },
    ...linked({ to }),
  ],
  retire: ({ release }, as) => [{ do: "stop", release, remove: as === "failed" }],
};
