import { homedir } from "node:os";
import { PLAIN_ENVIRONMENT } from "../lib/effects/exec.ts";
import { type ReleaseName, type ReleaseRef, type Revision, shortRef } from "../lib/schema/names.ts";
import type { ScriptPhase } from "./flow.ts";
import { releasePath } from "./layout.ts";
import { treeOf } from "./tree.ts";
import type { Work } from "./work.ts";

/** The release that a script works on. */
export interface Subject {
  readonly script: ScriptPhase;
  readonly release: ReleaseName;
  readonly revision: Revision;
  readonly ref: ReleaseRef;
  /** What was live before it. */
  readonly former: ReleaseName | null;
}

/** The whole environment of a script: nothing of the agent's own is in it. */
export function environmentOf(work: Work, subject: Subject): Readonly<Record<string, string>> {
  const { former, ref } = subject;
  return {
    ...commonEnvironment(work),
    SKEIN_REVISION: subject.revision,
    SKEIN_REF: ref,
    SKEIN_TAG: shortRef(ref),
    SKEIN_RELEASE: releasePath(work.layout, subject.release),
    SKEIN_FORMER: former === null ? "" : releasePath(work.layout, former),
    SKEIN_PHASE: subject.script,
  };
}

/** What every program of an app finds in its environment, whichever release it is about. */
export function commonEnvironment(work: Work): Readonly<Record<string, string>> {
  const { layout, app, name, host, labels, request } = work;
  return {
    ...PLAIN_ENVIRONMENT,
    HOME: homedir(),
    SKEIN_APP: name,
    SKEIN_ENVIRONMENT: app.environment,
    SKEIN_HOST: host,
    SKEIN_CURRENT: layout.current,
    SKEIN_TREE: treeOf(work),
    SKEIN_ROOT: layout.root,
    SKEIN_SHARED: layout.shared,
    SKEIN_ROLLOUT: request.command.id,
    SKEIN_BY: request.by,
    ...variablesOf(labels),
    // A repository hidden in a release must not run its own programs when a script says `git status`.
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "safe.bareRepository",
    GIT_CONFIG_VALUE_0: "explicit",
  };
}

const variablesOf = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [
      `SKEIN_LABEL_${label.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`,
      value,
    ]),
  );
