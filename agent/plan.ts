import type { App } from "../lib/config/apps.ts";
import type { LiveRelease } from "../lib/messages/catalogue/deploys.ts";
import type { ReleaseName } from "../lib/schema/names.ts";
import { abortFlow, deployFlow, type Phase, prepareFlow, rollbackFlow } from "./flow.ts";
import { debris, dispensable, freeName, type KnownRelease } from "./releases.ts";
import type { Request } from "./request.ts";
import type { Action, Step } from "./step.ts";

/** What a host knows of an app when it plans. */
export interface Facts {
  /** What was live, the newest first: the first of them is live now. */
  readonly lives: readonly LiveRelease[];
  /** Every release folder. */
  readonly releases: readonly KnownRelease[];
  readonly now: Date;
}

/** The release that a request comes to: the live one, a complete one that is there, or a new one. */
export interface Target {
  readonly release: ReleaseName;
  readonly state: "live" | "built" | "new";
}

type Flow = Readonly<Partial<Record<Phase, readonly Action[]>>>;

/** Every step of a deploy, from a request to a live release. A host performs the two parts of it apart. */
export function planDeploy(app: App, request: Request, facts: Facts): readonly Step[] {
  const { release } = targetOf(request, facts);
  return [...planPrepare(request, facts), ...planGo(app, request, facts, release)];
}

/** Which release a request comes to. What failed once is never taken again. */
export function targetOf({ command }: Request, { lives, releases }: Facts): Target {
  const { commit } = command.release;
  const [live] = lives;
  if (command.force !== true) {
    if (live?.revision === commit) return { release: live.release, state: "live" };
    const built = releases.findLast(({ revision, failed }) => revision === commit && !failed);
    if (built !== undefined) return { release: built.name, state: "built" };
  }
  return { release: freeName(new Date(command.iat * 1_000), commit, releases), state: "new" };
}

/** Everything that comes before something live changes. */
export function planPrepare(request: Request, facts: Facts): readonly Step[] {
  const { release, state } = targetOf(request, facts);
  const revision = request.command.release.commit;
  if (state === "live") return [];
  const spokenFor = new Set([release, ...facts.lives.map((live) => live.release)]);
  const clear: Action = { do: "prune", releases: [...debris(facts.releases, spokenFor)] };
  return inOrder(prepareFlow, {
    lock: [{ do: "lock" }],
    fetch: state === "new" ? [{ do: "fetch", revision }] : [],
    build:
      state === "new"
        ? [
            clear,
            { do: "inspect", revision },
            { do: "stage", revision, release },
            { do: "seal", revision, release },
          ]
        : [clear],
    unlock: [{ do: "unlock" }],
  });
}

/** Everything that makes a prepared release live. */
export function planGo(app: App, request: Request, facts: Facts, release: ReleaseName): readonly Step[] {
  const { lives, releases, now } = facts;
  const { commit: revision, ref } = request.command.release;
  if (lives[0]?.release === release) return [];
  const after = livesAfter(request, facts, { release, revision, ref, since: now.toISOString() }).slice(
    0,
    app.keep + 1,
  );
  const subject = { release, revision, ref, former: lives[0]?.release ?? null };
  // Also what a revert would go back to, and what a rollback would.
  const kept = new Set([release, ...lives.slice(0, 1), ...after.slice(1, 2)].map(nameOf));
  return inOrder(deployFlow, {
    lock: [{ do: "lock" }],
    "pre-deploy": [{ do: "script", script: "pre-deploy", ...subject }],
    "pre-link": [
      { do: "link-shared", release },
      { do: "script", script: "pre-link", ...subject },
    ],
    publish: [
      { do: "publish", release },
      { do: "declare", lives: after, fresh: true },
    ],
    "post-deploy": [{ do: "script", script: "post-deploy", ...subject }],
    check: app.check === undefined ? [] : [{ do: "check", revision }],
    prune: [{ do: "prune", releases: [...dispensable(releases, kept, app.keep)] }],
    unlock: [{ do: "unlock" }],
  });
}

/** Back to what was live before: nothing, where nothing was. */
export function planBack(before: readonly LiveRelease[], failed: ReleaseName): readonly Step[] {
  const [live] = before;
  return inOrder(rollbackFlow, {
    lock: [{ do: "lock" }],
    publish: [
      { do: "publish", release: live?.release ?? null },
      { do: "declare", lives: [...before], fresh: false },
    ],
    "post-deploy":
      live === undefined
        ? []
        : [
            {
              do: "script",
              script: "post-deploy",
              release: live.release,
              revision: live.revision,
              ref: live.ref,
              former: failed,
            },
          ],
    unlock: [{ do: "unlock" }],
  });
}

/** Away with what was prepared, unless it is, or was, live. */
export function planAbort(release: ReleaseName | undefined, { lives, releases }: Facts): readonly Step[] {
  const unused = releases.some(({ name, lastLive }) => name === release && lastLive === undefined);
  const wanted = release === undefined || !unused || lives.some((live) => live.release === release);
  return inOrder(abortFlow, {
    lock: [{ do: "lock" }],
    prune: [{ do: "prune", releases: wanted ? [] : [release] }],
    unlock: [{ do: "unlock" }],
  });
}

/** A rollback to what was live before forgets what came after it, so that the next one goes further back. */
function livesAfter(
  { command, by }: Request,
  { lives }: Facts,
  made: Pick<LiveRelease, "release" | "revision" | "ref" | "since">,
): LiveRelease[] {
  const entry: LiveRelease = { ...made, by, rollout: command.id };
  const earlier = lives.findIndex(({ revision }, index) => index > 0 && revision === made.revision);
  const goesBack = command.kind === "rollback" && earlier > 0;
  return [entry, ...(goesBack ? lives.slice(earlier + 1) : lives)];
}

const nameOf = (each: ReleaseName | LiveRelease): ReleaseName =>
  typeof each === "string" ? each : each.release;

function inOrder(flow: readonly Phase[], actions: Flow): readonly Step[] {
  return flow.flatMap((phase) => (actions[phase] ?? []).map((action): Step => ({ ...action, phase })));
}
