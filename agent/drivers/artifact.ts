import { artifactInRef } from "../../lib/schema/artifacts.ts";
import type { Driver } from "./driver.ts";
import { linked } from "./parts.ts";

/** An archive of an artifact store in a folder of its own, which `current` leads to. */
export const artifactDriver: Driver<"artifact"> = {
  fetch: ({ release, revision }) => [{ do: "download", ...artifactInRef(release.ref), revision }],
  build: ({ name, revision }) => [
    { do: "unpack", revision, release: name },
    { do: "seal", revision, release: name },
  ],
  publish: linked,
  retire: () => [],
};
