import { checksOf } from "../lib/config/app/check.ts";
import type { App } from "../lib/config/apps.ts";
import { commitsOf } from "../lib/config/made-of.ts";
import type { LiveRelease } from "../lib/messages/catalogue/deploys.ts";
import type { ReleaseName } from "../lib/schema/names.ts";
import { revisionOf } from "../lib/security/release.ts";
import { arrangementOf } from "./arrangement.ts";
import type { Placed } from "./drivers/driver.ts";
import { driverOf } from "./drivers/drivers.ts";
import type { Subject } from "./environment.ts";
import { abortFlow, deployFlow, type Phase, prepareFlow, rollbackFlow, type ScriptPhase } from "./flow.ts";
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
  const { release } = targetOf(app, request, facts);
  return [...planPrepare(app, request, facts), ...planGo(app, request, facts, release)];
}

/** Which release a request comes to. What failed once is never taken again, nor what is there no more, or was put together otherwise. */
export function targetOf(app: App, { command }: Request, { lives, releases }: Facts): Target {
  const wanted = revisionOf(command.release);
  if (command.force !== true) {
    const arrangement = arrangementOf(app);
    const fitting = releases.filter((each) => each.arrangement === arrangement);
    const [live] = lives;
    if (live?.revision === wanted && fitting.some(({ name }) => name === live.release))
      return { release: live.release, state: "live" };
    const built = fitting.findLast(({ revision, failed }) => revision === wanted && !failed);
    if (built !== undefined) return { release: built.name, state: "built" };
  }
  return { release: freeName(new Date(command.iat * 1_000), wanted, releases), state: "new" };
}

/** Everything that comes before something live changes. */
export function planPrepare(app: App, request: Request, facts: Facts): readonly Step[] {
  const { release: name, state } = targetOf(app, request, facts);
  if (state === "live") return [];
  const spokenFor = new Set([name, ...facts.lives.map((live) => live.release)]);
  const clear: Action = { do: "prune", releases: [...debris(facts.releases, spokenFor)] };
  const { app: appName, release } = request.command;
  const commits = commitsOf(appName, app, release);
  const building = { app, name, revision: revisionOf(release), release, commits, base: baseFor(facts) };
  const driver = driverOf(app);
  return inOrder(prepareFlow, {
    lock: [{ do: "lock" }],
    fetch: [
      ...(app.control === undefined ? [] : [{ do: "require-control" as const }]),
      ...(state === "new" ? driver.fetch(building) : []),
    ],
    build: state === "new" ? [clear, ...driver.build(building)] : [clear],
    unlock: [{ do: "unlock" }],
  });
}

/** What is live is most like what comes next; where nothing is, what was built last. */
const baseFor = ({ lives, releases }: Facts): ReleaseName | undefined =>
  lives[0]?.release ?? releases.findLast(({ revision, failed }) => revision !== undefined && !failed)?.name;

/** Everything that makes a prepared release live. */
export function planGo(app: App, request: Request, facts: Facts, release: ReleaseName): readonly Step[] {
  const { lives, releases, now } = facts;
  const [live = null] = lives;
  if (live?.release === release) return [];
  const wanted = request.command.release;
  const [revision, { ref }] = [revisionOf(wanted), wanted];
  const parts = wanted.type === "site" && { parts: wanted.parts };
  const after = livesAfter(request, facts, {
    release,
    revision,
    ref,
    ...parts,
    since: now.toISOString(),
  }).slice(0, app.keep + 1);
  const subject = { release, revision, ref, former: live?.release ?? null };
  // Also what a revert would go back to, and what a rollback would.
  const kept = new Set([release, ...lives.slice(0, 1), ...after.slice(1, 2)].map(nameOf));
  const driver = driverOf(app);
  return inOrder(deployFlow, {
    lock: [{ do: "lock" }],
    "pre-deploy": scriptsOf(app, "pre-deploy", subject),
    configure: app.configure === undefined ? [] : [{ do: "configure", release }],
    "pre-link": [
      { do: "link-shared", release },
      ...(app.driver === "site" && app["user-data"].length > 0
        ? [{ do: "link-user-data" as const, release }]
        : []),
      ...scriptsOf(app, "pre-link", subject),
    ],
    publish: [
      ...drained(app),
      ...driver.publish({ app, to: { release, revision }, from: live }),
      { do: "declare", lives: after, fresh: true },
    ],
    "post-deploy": scriptsOf(app, "post-deploy", subject),
    check: [...(checksOf(app).length === 0 ? [] : [{ do: "check" as const, revision }]), ...undrained(app)],
    prune: [
      ...(live ? driver.retire(live, "former") : []),
      { do: "prune", releases: [...dispensable(releases, kept, app.keep)] },
    ],
    unlock: [{ do: "unlock" }],
  });
}

const drained = (app: App): readonly Action[] => (app.drain === undefined ? [] : [{ do: "drain" }]);
const undrained = (app: App): readonly Action[] => (app.drain === undefined ? [] : [{ do: "undrain" }]);

/** Back to what was live before, from what had gone live whole. */
export const planRevert = (app: App, before: readonly LiveRelease[], live: Placed): readonly Step[] =>
  planBack(app, before, live, { seen: true, drain: true });

/**
 * Back to what was live before: nothing, where nothing was. `seen`: visitors got the failed one, so that what was live before
 * has to be told that it is live again. `drain`: visitors are sent here, which they are not where a deploy failed in the middle.
 */
export function planBack(
  app: App,
  before: readonly LiveRelease[],
  failed: Placed,
  { seen = true, drain = false } = {},
): readonly Step[] {
  const [live] = before;
  const driver = driverOf(app);
  return inOrder(rollbackFlow, {
    lock: [{ do: "lock" }],
    publish: [
      ...(drain ? drained(app) : []),
      ...driver.publish({ app, to: live ?? null, from: failed }),
      { do: "declare", lives: [...before], fresh: false },
    ],
    "post-deploy": [
      ...(live === undefined || !seen ? [] : toldAgain(app, live, failed)),
      // Where nothing is live, nobody should come.
      ...(live === undefined ? [] : undrained(app)),
    ],
    prune: [...driver.retire(failed, "failed")],
    unlock: [{ do: "unlock" }],
  });
}

/** What was live before hears that it is live again. */
const toldAgain = (app: App, { release, revision, ref }: LiveRelease, failed: Placed): readonly Action[] =>
  scriptsOf(app, "post-deploy", { release, revision, ref, former: failed.release });

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
  made: Omit<LiveRelease, "by" | "rollout">,
): LiveRelease[] {
  const entry: LiveRelease = { ...made, by, rollout: command.id };
  const earlier = lives.findIndex(({ revision }, index) => index > 0 && revision === made.revision);
  const goesBack = command.kind === "rollback" && earlier > 0;
  return [entry, ...(goesBack ? lives.slice(earlier + 1) : lives)];
}

/** What is ready-made comes first: a script finds dependencies installed and the service started anew. */
const scriptsOf = (app: App, phase: ScriptPhase, subject: Omit<Subject, "script">): readonly Action[] => [
  ...app.run[phase].map((_, index): Action => ({ do: "run", script: phase, index, ...subject })),
  { do: "script", script: phase, ...subject },
];

const nameOf = (each: ReleaseName | LiveRelease): ReleaseName =>
  typeof each === "string" ? each : each.release;

function inOrder(flow: readonly Phase[], actions: Flow): readonly Step[] {
  return flow.flatMap((phase) => (actions[phase] ?? []).map((action): Step => ({ ...action, phase })));
}
