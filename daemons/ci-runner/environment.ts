import { dirname, join } from "node:path";
import { MARK } from "../../lib/effects/workspaces.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import { shortRef } from "../../lib/schema/names.ts";

/** The whole environment of a step, but for what `.skein.yml` adds: nothing of the runner's own reaches it. */
export function environmentOf(
  { build, repository, ref, revision }: Data<"build.requested">,
  workspace: string,
): Record<string, string> {
  return {
    // Node is there wherever Skein runs; so a build may use it too.
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: join(workspace, "home"),
    TMPDIR: join(workspace, "tmp"),
    LANG: "C.UTF-8",
    CI: "true",
    SKEIN_BUILD: build,
    SKEIN_REPOSITORY: repository,
    SKEIN_REF: ref,
    SKEIN_BRANCH: shortRef(ref),
    SKEIN_REVISION: revision,
    [MARK]: workspace,
  };
}
