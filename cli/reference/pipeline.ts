import { environmentOf } from "../../daemons/ci-runner/environment.ts";
import { pipeline, PIPELINE_FILE } from "../../daemons/ci-runner/pipeline.ts";
import { MARK } from "../../lib/effects/workspaces.ts";
import { keysOf } from "../../lib/config/keys.ts";
import { buildId, refName, repositoryName, revision } from "../../lib/schema/names.ts";
import { code, pageHead, pageOf, tableOf, tableOfKeys } from "./markdown.ts";

const MEANING: Readonly<Record<string, string>> = {
  PATH: "Where programs are found: Node's own folder and the usual ones.",
  HOME: "An empty folder that goes with the workspace.",
  TMPDIR: "A folder for what need not last; it goes with the workspace too.",
  LANG: "Text is in UTF-8.",
  CI: "Always `true`.",
  SKEIN_BUILD: "The id of the build.",
  SKEIN_REPOSITORY: "The name of the repository.",
  SKEIN_REF: "The full ref that was pushed, such as `refs/heads/main`.",
  SKEIN_BRANCH: "Its short name, such as `main`.",
  SKEIN_REVISION: "The full object id of the commit.",
  [MARK]: "The workspace. Whatever still carries it when the build ends is killed.",
};

/** What `.skein.yml` may say. `example` is the one of the sample app. */
export function pipelinePage(example: string): string {
  const id = revision.parse("9fceb02d0ae598e95dc970b74767f19372d61af8");
  const environment = environmentOf(
    {
      build: buildId.parse(`shop@${id}`),
      repository: repositoryName.parse("shop"),
      ref: refName.parse("refs/heads/main"),
      revision: id,
      pipeline: "shop",
    },
    "/workspace",
  );
  return pageOf([
    ...pageHead(
      `The pipeline: ${PIPELINE_FILE}`,
      `A file named ${code(PIPELINE_FILE)} at the top of a repository says what the built-in CI runs for each push of a branch, where the configuration says ` +
        `${code("ci: true")} for the repository. It is read at exactly the commit that was pushed. The steps run one after the other in a clean workspace; the first that fails ends ` +
        "the build. A revision without the file passes, for there is nothing to run.",
    ),
    `\`\`\`yaml\n${example.trim()}\n\`\`\``,
    "## Keys",
    tableOfKeys(keysOf(pipeline)),
    "## The environment of a step",
    `Nothing of the runner's own reaches a step: this is all, with what ${code("env")} adds.`,
    tableOf(
      ["variable", "what it is"],
      Object.keys(environment).map((name) => [code(name), MEANING[name] ?? ""]),
    ),
  ]);
}
