import { dirname } from "node:path";
import { WORKSPACE, type Workspace } from "../../lib/effects/workspaces.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import { shortRef } from "../../lib/schema/names.ts";

/** The whole environment of a step, but for what `.skein.yml` adds: nothing of the runner's own reaches it. */
export function environmentOf(
  { build, repository, ref, revision }: Data<"build.requested">,
  { root, home }: Workspace,
): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    LANG: "C.UTF-8",
    CI: "true",
    [WORKSPACE]: root,
    SKEIN_BUILD: build,
    SKEIN_REPOSITORY: repository,
    SKEIN_REF: ref,
    SKEIN_BRANCH: shortRef(ref),
    SKEIN_REVISION: revision,
  };
}
