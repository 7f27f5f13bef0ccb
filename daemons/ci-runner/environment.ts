import { dirname, join } from "node:path";
import type { Data } from "../../lib/messages/catalogue.ts";
import { shortRef } from "../../lib/schema/names.ts";

/** The variable by which everything that a build started is found again when it must end. */
export const MARK = "SKEIN_BUILD";

/** The whole environment of a step, but for what `.skein.yml` adds: nothing of the runner's own reaches it. */
export function environmentOf(
  { build, repository, ref, revision }: Data<"build.requested">,
  workspace: string,
): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: join(workspace, "home"),
    LANG: "C.UTF-8",
    CI: "true",
    [MARK]: build,
    SKEIN_REPOSITORY: repository,
    SKEIN_REF: ref,
    SKEIN_BRANCH: shortRef(ref),
    SKEIN_REVISION: revision,
  };
}
