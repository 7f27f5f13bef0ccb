import { randomInt } from "node:crypto";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { type Apt, openApt } from "../lib/effects/apt.ts";
import { reasonOf } from "../lib/failure.ts";
import type { Data, Message } from "../lib/messages/catalogue.ts";
import { Attention } from "./apt-watcher/attention.ts";
import { type Settings, settings } from "./apt-watcher/configuration.ts";
import { type Host, lookAround, lookFor, standing, upgradeInTime } from "./apt-watcher/looks.ts";
import { Reports } from "./apt-watcher/reports.ts";

interface Deps {
  /** Undefined where this host has none, and why. */
  readonly apt: Apt | undefined;
  readonly missing?: string;
  readonly attention: Attention;
  readonly reports: Reports;
  readonly plan: { nextLook: number | undefined; upgradesWait: boolean };
}
type Surrounded = Context<Settings, Deps>;

export const aptWatcher = defineDaemon<Settings, Deps>({
  name: "apt-watcher",
  summary:
    "Refreshes a source of packages when something new is announced in it, and tells what could be upgraded.",
  config: settings,
  wanted: ({ sources, packages }) => Object.keys(sources).length > 0 && packages.length > 0,
  deps: async ({ debounce, spacing, privilege, timeout, "apt-config": config }, { host, log }) => {
    const rest = {
      attention: new Attention({ debounce, spacing }),
      reports: new Reports(host),
      plan: { nextLook: undefined, upgradesWait: false },
    };
    try {
      return { apt: await openApt({ config, privilege, timeout }), ...rest };
    } catch (error) {
      // A host without apt is no reason to be started again and again.
      log.error({ error, code: "APT_MISSING" }, `${reasonOf(error)}; nothing is watched here`);
      return { apt: undefined, missing: reasonOf(error), ...rest };
    }
  },
  on: { "package.published": expect },
  reconcile: (context) => {
    const { deps, now } = context;
    const host = hostOf(context);
    if (host !== undefined) return standing(host);
    return deps.reports.news(undefined, { code: "APT_MISSING", reason: deps.missing ?? "" }, now());
  },
  // In memory only, until something is due.
  every: { interval: () => 1_000, tick },
});

const byChance = (most: number): number => (most === 0 ? 0 : randomInt(most));

/** Notes an announcement for the sources that it may be of. */
function expect(published: Data<"package.published">, context: Surrounded): Message[] {
  const { sources } = context.config;
  for (const [name, { repository = name, suites }] of Object.entries(sources)) {
    const ofIt = (published.repository ?? repository) === repository;
    const inIt =
      suites.length === 0 || published.suite === undefined || suites.some((each) => each === published.suite);
    if (ofIt && inIt) context.deps.attention.expect(name, published, context.now().getTime());
  }
  return [];
}

async function* tick(context: Surrounded): AsyncGenerator<Message> {
  const { deps, config, now } = context;
  const host = hostOf(context);
  if (host === undefined) return;
  for (const [source, expected] of deps.attention.take(now().getTime()))
    yield* lookFor(source, expected, host);
  deps.plan.nextLook ??= now().getTime() + byChance(config.splay);
  if (now().getTime() >= deps.plan.nextLook) {
    deps.plan.nextLook = now().getTime() + config.interval + byChance(config.splay);
    yield* lookAround(host);
  }
  yield* upgradeInTime(host);
}

/** What looks work with; undefined where there is no apt. */
function hostOf({ deps, config, now, signal, log }: Surrounded): Host | undefined {
  return deps.apt === undefined ? undefined : { ...deps, apt: deps.apt, config, now, signal, log };
}
