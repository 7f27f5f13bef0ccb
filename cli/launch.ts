import colours from "picocolors";
import { join } from "node:path";
import { planBatches } from "../daemons/orchestrator/plan.ts";
import type { App } from "../lib/config/apps.ts";
import { commitsOf } from "../lib/config/made-of.ts";
import { openMirrors } from "../lib/effects/git.ts";
import { adviceFor } from "../lib/codes.ts";
import { Failure } from "../lib/failure.ts";
import { safeText } from "../lib/safe-text.ts";
import { type AppName, shortRevision } from "../lib/schema/names.ts";
import type { Portion } from "../lib/schema/quantities.ts";
import { type Authorisation, newCommandId, type Strategy } from "../lib/security/command.ts";
import { type Release, revisionOf } from "../lib/security/release.ts";
import { signerHere } from "./foundation.ts";
import type { Seen } from "./inventory.ts";
import { nameOf } from "./named.ts";
import { note, painted, print, printJson, span, table } from "./output.ts";
import { showProgress } from "./progress.ts";
import { runRollout, signed } from "./rollouts.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";

/** How long a host may take to accept a command, in seconds. */
const VALID = 900;

/** All that is known of a rollout before it is signed. */
export interface Launch {
  readonly kind: "deploy" | "rollback";
  readonly app: AppName;
  readonly configured: App;
  readonly target: Release;
  readonly hosts: readonly Seen[];
  readonly strategy: Strategy;
  readonly force: boolean;
  readonly why: string;
  readonly dryRun: boolean;
  readonly wait: boolean;
  readonly json: boolean;
  readonly key?: string | undefined;
}

/**
 * The configuration of an app.
 * @throws {Failure} APP_UNKNOWN
 */
export function appOf({ apps }: Settings, app: AppName): App {
  const found = Object.hasOwn(apps, app) ? apps[app] : undefined;
  if (found !== undefined) return found;
  const there = Object.keys(apps).join(", ");
  throw new Failure(
    "APP_UNKNOWN",
    `Cannot find the app ${app}: the configuration has ${there === "" ? "none" : there}`,
  );
}

/** The strategy of an app, with what the command line says otherwise. */
export function strategyFor(
  { strategy }: App,
  said: {
    readonly canary?: number | undefined;
    readonly batch?: Portion | undefined;
    readonly onFailure?: "stop" | "rollback" | undefined;
  },
): Strategy {
  return {
    canary: said.canary ?? strategy.canary,
    batches: said.batch ?? strategy.batches,
    maxFailures: strategy["max-failures"],
    pauseSeconds: strategy.pause / 1_000,
    onFailure: said.onFailure ?? strategy["on-failure"],
  };
}

/** Shows the plan, signs it, asks for it, and follows it. Answers the exit status. */
export async function launch(session: Session, plan: Launch): Promise<number> {
  const { present, absent } = divided(plan.hosts);
  if (present.length === 0)
    throw new Failure(
      "HOSTS_NONE",
      `Cannot deploy ${plan.app}: ${absent.map(({ report }) => report.host).join(", ")} do not answer`,
    );
  const command = commandFor(plan, present);
  if (plan.json && plan.dryRun)
    printJson({ ...command, batches: planBatches(command.hosts, command.strategy) });
  else if (!plan.json) await showPlan(session, plan, command, absent);
  if (plan.dryRun) return 0;

  const signer = await signerHere(session.settings.state, plan.key);
  const live = process.stdout.isTTY && !plan.json;
  const progress = plan.json ? undefined : showProgress(command.hosts, { live });
  const authorised = await signed(command, signer);
  const leaves = () => {
    const id = command.id.slice(0, 8);
    note(
      `\nno longer followed; if it has begun it goes on: skein log -f ${id}, or end it: skein cancel ${id}`,
    );
    process.exit(130);
  };
  process.once("SIGINT", leaves);
  const finished = await runRollout(session, command.id, authorised, {
    wait: plan.wait,
    ...(progress === undefined ? {} : { watcher: progress }),
  }).finally(() => process.off("SIGINT", leaves));
  progress?.end();
  if (finished === undefined) {
    if (plan.json) printJson({ rollout: command.id });
    else print(`rollout ${command.id} is under way; follow it with: skein log -f ${command.id.slice(0, 8)}`);
    return 0;
  }
  if (plan.json) printJson(finished);
  else {
    const why =
      finished.reason === undefined
        ? ""
        : `: ${safeText(finished.reason)}${finished.code === undefined ? "" : ` [${finished.code}]`}`;
    print(`${painted(finished.outcome)} after ${span(finished.seconds * 1_000)}${why}`);
    const advice = adviceFor(finished.code);
    if (advice !== undefined) note(`  ${advice}`);
    for (const { host, state, code, reason } of finished.hosts) {
      if (reason !== undefined)
        note(
          `  ${host} ${state}${code === undefined ? "" : ` [${code}]`}: ${reason.split("\n").map(safeText).join("\n    ")}`,
        );
    }
    print(colours.dim(`skein log ${command.id.slice(0, 8)} shows all of it`));
  }
  return finished.outcome === "succeeded" ? 0 : 1;
}

const divided = (hosts: readonly Seen[]) => ({
  present: hosts.filter(({ present }) => present),
  absent: hosts.filter(({ present }) => !present),
});

function commandFor(
  { kind, app, configured, target, strategy, force, why }: Launch,
  hosts: readonly Seen[],
): Authorisation {
  const now = Date.now();
  const iat = Math.floor(now / 1_000);
  const live = hosts.map(({ report }) => [report.host, liveOn({ report }, app)?.revision ?? null]);
  return {
    v: 1,
    kind,
    id: newCommandId(),
    app,
    environment: configured.environment,
    release: target,
    hosts: hosts.map(({ report }) => report.host),
    seq: now,
    expect: Object.fromEntries(live) as Authorisation["expect"],
    strategy,
    ...(force ? { force } : {}),
    iat,
    exp: iat + VALID,
    why,
  };
}

const liveOn = ({ report }: Pick<Seen, "report">, app: AppName) =>
  report.apps.find((each) => each.app === app)?.live ?? null;

async function showPlan(
  session: Session,
  { app, kind, target, hosts, configured }: Launch,
  command: Authorisation,
  absent: readonly Seen[],
): Promise<void> {
  print(
    `${colours.bold(app)} ${kind === "rollback" ? "back to" : "to"} ${nameOf(target)} (${shortRevision(revisionOf(target))})`,
  );
  const batches = planBatches(command.hosts, command.strategy);
  const rows = batches.flatMap((batch, index) =>
    batch.map((host) => {
      const seen = hosts.find(({ report }) => report.host === host);
      const live = seen === undefined ? null : liveOn(seen, app);
      const turn =
        index === 0 && command.strategy.canary > 0
          ? "canary"
          : `batch ${index + (command.strategy.canary > 0 ? 0 : 1)}`;
      return [turn, host, live === null ? "nothing" : `${nameOf(live)} (${shortRevision(live.revision)})`];
    }),
  );
  print(table(["turn", "host", "live now"], rows));
  for (const { report } of absent) print(`${report.host} is away and left out`);
  const there = hosts.filter(
    ({ present, report }) => present && liveOn({ report }, app)?.revision === revisionOf(target),
  );
  if (there.length > 0 && command.force !== true)
    print(
      `live already on ${there.map(({ report }) => report.host).join(", ")}: nothing changes there; --force makes it anew`,
    );
  for (const line of await commitsBetween(session, configured, command, hosts, app))
    print(colours.dim(`  ${line}`));
}

/** What the rollout brings, where a mirror on this machine can tell. */
async function commitsBetween(
  { settings }: Session,
  configured: App,
  { release, hosts: named }: Authorisation,
  hosts: readonly Seen[],
  app: AppName,
): Promise<string[]> {
  const first = hosts.find(({ report }) => report.host === named[0]);
  const before = first === undefined ? undefined : liveOn(first, app)?.revision;
  const [made, ...others] = commitsOf(app, configured, release);
  if (made === undefined || others.length > 0 || before === undefined || before === made.commit) return [];
  const mirror = openMirrors(join(settings.state, "mirrors"), settings.repositories).of(made.repository);
  const { commits, total } = await mirror
    .log({ after: made.commit, before, most: 8 })
    .catch(() => ({ commits: [], total: 0 }));
  const lines = commits.map(({ revision, author, message }) =>
    safeText(`${shortRevision(revision)} ${message.split("\n", 1)[0] ?? ""} (${author.name})`),
  );
  return total > commits.length ? [...lines, `and ${total - commits.length} more commits`] : lines;
}
