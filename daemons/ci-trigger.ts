import { z } from "zod";
import { defineDaemon } from "../lib/daemon/define.ts";
import { message } from "../lib/messages/catalogue.ts";
import { buildId, isNoRevision } from "../lib/schema/names.ts";

export const ciTrigger = defineDaemon({
  name: "ci-trigger",
  summary: "Asks for a build of every push of a branch, where the repository says `ci: true`.",
  config: z.strictObject({}),
  on: {
    "commit.pushed": ({ repository, ref, after }, { settings: { repositories } }) => {
      const watched = Object.hasOwn(repositories, repository) && repositories[repository]?.ci === true;
      if (!watched || isNoRevision(after) || !ref.startsWith("refs/heads/")) return [];
      // Derived, not random: the same push delivered twice asks for the same build.
      const build = buildId.parse(`${repository}@${after}`);
      return [message("build.requested", { build, repository, ref, revision: after, pipeline: repository })];
    },
  },
});
