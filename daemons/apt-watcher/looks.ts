import { randomInt } from "node:crypto";
import type { Apt, Installed } from "../../lib/effects/apt.ts";
import { codeOf, Failure, reasonOf } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { Data, Message } from "../../lib/messages/catalogue.ts";
import type { Upgradable } from "../../lib/messages/catalogue/packages.ts";
import type { Attention, Expected } from "./attention.ts";
import { isAmong, type Settings } from "./configuration.ts";
import { isVisible, type Policy, readPolicies, upgradableOf } from "./policy.ts";
import type { Reports } from "./reports.ts";
import { isWithin } from "./window.ts";

/** What a look works with. */
export interface Host {
  readonly apt: Apt;
  readonly attention: Attention;
  readonly reports: Reports;
  readonly plan: { upgradesWait: boolean };
  readonly config: Settings;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Words of one command line. */
const MOST_NAMES = 500;

/** Looks for what was announced in a source: refreshes it, and compares. What is not there yet is looked for again later. */
export async function* lookFor(
  source: string,
  expected: readonly Expected[],
  host: Host,
): AsyncGenerator<Message> {
  const { config, reports, now } = host;
  const installed = await host.apt.installed();
  const watched = expected.filter(
    ({ package: name }) => installed.has(name) && isAmong(config.packages, name),
  );
  if (watched.length === 0) return;
  const trouble = await refresh(source, host);
  if (trouble !== undefined) {
    const later = trouble.transient ? again(source, watched, host) : [];
    if (later.length < watched.length) yield* reports.tell(source, problemOf(trouble), now());
    return;
  }
  const policies = await policiesOf(
    watched.map((each) => each.package),
    host,
  );
  const unseen = watched.filter((each) => !each.removed && !sees(policies.get(each.package), each));
  const later = again(source, unseen, host);
  const missing = unseen.filter((each) => !later.includes(each));
  const packages = upgradables(installed, policies);
  if (packages.length > 0 || missing.length > 0)
    yield* reports.tell(source, { packages, ...notVisible(missing, source) }, now());
  yield* upgrade(packages, host);
}

/** Refreshes all sources, and tells what could be upgraded, where that is news. */
export async function* lookAround(host: Host): AsyncGenerator<Message> {
  for (const source of Object.keys(host.config.sources)) {
    const trouble = await refresh(source, host);
    if (trouble !== undefined) yield* host.reports.news(source, problemOf(trouble), host.now());
    else yield* host.reports.recovered(source, host.now());
  }
  const packages = yield* tellStanding(host);
  yield* upgrade(packages, host);
}

/** Tells what could be upgraded by what is known already. */
export async function* standing(host: Host): AsyncGenerator<Message> {
  yield* tellStanding(host);
}

async function* tellStanding(host: Host): AsyncGenerator<Message, readonly Upgradable[]> {
  const packages = await allUpgradables(host);
  yield* host.reports.news(undefined, { packages: [...packages] }, host.now());
  return packages;
}

/** Upgrades what had to wait, once its time has come. */
export async function* upgradeInTime(host: Host): AsyncGenerator<Message> {
  const { plan, config, now } = host;
  if (!plan.upgradesWait || (config.window !== undefined && !isWithin(config.window, now()))) return;
  yield* upgrade(await allUpgradables(host), host);
}

/** Upgrades what may be upgraded without being asked for; one that fails stands in no other's way. */
async function* upgrade(packages: readonly Upgradable[], host: Host): AsyncGenerator<Message> {
  const { apt, config, plan, now, log, reports } = host;
  const wanted = packages.filter(
    ({ package: name, reason }) => reason === undefined && isAmong(config.install, name),
  );
  plan.upgradesWait = wanted.length > 0 && config.window !== undefined && !isWithin(config.window, now());
  if (wanted.length === 0 || plan.upgradesWait) return;
  const upgraded: NonNullable<Data<"package.upgradable">["upgraded"]> = [];
  let trouble: Failure | undefined;
  for (const { package: name, installed, candidate } of wanted) {
    try {
      await apt.upgrade(name, candidate);
      upgraded.push({ package: name, from: installed, to: candidate });
      log.info({ package: name, from: installed, to: candidate }, `${name} is upgraded to ${candidate}`);
    } catch (error) {
      trouble ??= failureOf(error);
      log.error({ error, package: name }, reasonOf(error));
    }
  }
  const left = [...(await allUpgradables(host))];
  yield* reports.tell(
    undefined,
    { packages: left, upgraded, ...(trouble === undefined ? {} : problemOf(trouble)) },
    now(),
  );
}

/** What stood in the way of a refresh. */
async function refresh(source: string, { apt, config, signal, log }: Host): Promise<Failure | undefined> {
  const file = config.sources[source]?.file;
  if (file === undefined) return undefined;
  try {
    await apt.refresh(file, signal);
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    log.warn({ error, source, code: failure.code }, failure.message);
    return failure;
  }
}

const failureOf = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure("APT_FAILED", reasonOf(error), { cause: error });

const problemOf = (failure: Failure) => ({ code: codeOf(failure) ?? "APT_FAILED", reason: failure.message });

/** Has what may still be looked for looked for again, and gives it. */
function again(
  source: string,
  expected: readonly Expected[],
  { attention, config, now }: Host,
): readonly Expected[] {
  const later = expected.filter(({ looks }) => looks < config.retries);
  const looks = Math.max(0, ...later.map((each) => each.looks));
  // Hosts that heard of it at the same moment must not all come back at the same moment.
  const delay = config.retry * 2 ** looks * (0.5 + randomInt(1_000) / 1_000);
  attention.again(source, later, delay, now().getTime());
  return later;
}

const sees = (policy: Policy | undefined, { version }: Expected): boolean =>
  policy !== undefined && isVisible(policy, version);

function notVisible(missing: readonly Expected[], source: string) {
  if (missing.length === 0) return {};
  const names = missing.map(({ package: name, version = "" }) => `${name} ${version}`.trim()).join(", ");
  return {
    notVisible: missing.map(({ package: name, version }) => ({
      package: name,
      ...(version === undefined ? {} : { version }),
    })),
    code: "PACKAGE_NOT_VISIBLE",
    reason: `Cannot see in the source ${source} what was announced: ${names}`,
  };
}

async function allUpgradables(host: Host): Promise<readonly Upgradable[]> {
  const installed = await host.apt.installed();
  const names = [...installed.keys()].filter((name) => isAmong(host.config.packages, name));
  return upgradables(installed, await policiesOf(names, host));
}

async function policiesOf(names: readonly string[], { apt }: Host): Promise<ReadonlyMap<string, Policy>> {
  const found = new Map<string, Policy>();
  for (let at = 0; at < names.length; at += MOST_NAMES)
    for (const [name, policy] of readPolicies(await apt.policy(names.slice(at, at + MOST_NAMES))))
      found.set(name, policy);
  return found;
}

const upgradables = (
  installed: ReadonlyMap<string, Installed>,
  policies: ReadonlyMap<string, Policy>,
): Upgradable[] =>
  [...policies]
    .sort(([one], [other]) => one.localeCompare(other))
    .flatMap(([name, policy]) => {
      const known = installed.get(name);
      return known === undefined ? [] : (upgradableOf(name, known, policy) ?? []);
    });
