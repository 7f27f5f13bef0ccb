import type { Action } from "../step.ts";
import type { Driver } from "./driver.ts";
import { builtFromGit, fetchedCommits, linked } from "./parts.ts";

/** A folder that is there already, changed in place; the release folder beside it holds the scripts, and is the record. */
export const checkoutDriver: Driver<"checkout"> = {
  // A folder that cannot be written into, or would lose something, is told of before the turn of any host comes.
  fetch: (building) => [
    ...fetchedCommits(building),
    { do: "require-tree", repository: building.app.repository, revision: building.revision },
  ],
  build: builtFromGit,
  publish: ({ app, to, from }) => {
    const layOut: Action[] =
      to === null
        ? []
        : [
            {
              do: "lay-out",
              repository: app.repository,
              revision: to.revision,
              former: from?.revision ?? null,
            },
          ];
    return [...layOut, ...linked({ to })];
  },
  retire: () => [],
};
