import { join } from "node:path";
import { openStore } from "../lib/artifacts/open.ts";
import type { Context, Surroundings } from "../lib/daemon/define.ts";
import { type Mirrors, openMirrors } from "../lib/effects/git.ts";
import { http } from "../lib/effects/http.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import { type Candidate, fits } from "../lib/schema/filter.ts";
import { appName, type AppName, type CommandId, type EnvironmentName } from "../lib/schema/names.ts";
import { ReplayJournal } from "../lib/security/replay.ts";
import { type TrustSource, trustFolder } from "../lib/security/trust.ts";
import { byPath } from "./by-path.ts";
import { type AgentConfig, placesOf } from "./config.ts";
import { type Engine, openEngine } from "./engine.ts";
import { type FactSource, openFacts } from "./facts.ts";
import type { Feed } from "./feed.ts";
import { type Carrier, layoutOf, rootOf } from "./layout.ts";
import type { Deploy } from "./record.ts";
import { type RefusalMemory, refusalMemory } from "./refusal.ts";
import type { Carried, Tools } from "./work.ts";

/** What the agent of a host works with. */
export interface Desk {
  readonly mirrors: Mirrors;
  readonly trust: TrustSource;
  readonly replay: ReplayJournal;
  readonly refusals: RefusalMemory;
  readonly facts: FactSource;
  /** The engine of an app, which is opened when it is first asked for. */
  readonly engineOf: (carried: Carried) => Promise<Engine>;
  /** The deploy of a rollout, where one of the engines that are open knows it. */
  readonly find: (rollout: CommandId) => Deploy | undefined;
  /** Rollouts that are being looked at: a repeat adds nothing. */
  readonly beingChecked: Set<CommandId>;
  /** Deploys that were found half-done at the start: what they say is still to be told. */
  readonly resumed: Feed[];
  readonly close: () => Promise<void>;
}

export type Here = Context<AgentConfig, Desk>;

/** One of each path in a process: when configuration is read again, the new desk joins what the old one has open. */
const engines = byPath<Engine>((engine) => engine.close());
const journals = byPath<ReplayJournal>(async (journal) => journal.close());

/** Opens the desk of a host. */
export async function openDesk(config: AgentConfig, surroundings: Surroundings): Promise<Desk> {
  const { settings, log } = surroundings;
  const places = placesOf(config, surroundings);
  const journal = join(places.state, "commands");
  const opened = new Map<string, Engine>();
  return {
    mirrors: openMirrors(places.mirrors, settings.repositories),
    trust: trustFolder(places.trust),
    replay: await journals.open(journal, async () => new ReplayJournal(journal)),
    refusals: refusalMemory(),
    facts: await openFacts(config.facts, log),
    engineOf: async ({ layout }) => {
      const known = opened.get(layout.root);
      if (known !== undefined) return known;
      const engine = await engines.open(layout.own, () => openEngine(layout, log));
      // Two may have asked at once; the desk counts as one user.
      if (opened.has(layout.root)) await engines.leave(layout.own);
      opened.set(layout.root, engine);
      return engine;
    },
    find: (rollout) => {
      for (const { book } of opened.values()) {
        const deploy = book.find(rollout);
        if (deploy !== undefined) return deploy;
      }
      return undefined;
    },
    beingChecked: new Set(),
    resumed: [],
    close: async () => {
      await Promise.all([...opened.keys()].map((root) => engines.leave(layoutOf(root).own)));
      await journals.leave(journal);
    },
  };
}

const carrierOf = ({ host, settings }: Here): Carrier => ({ host, labels: settings.labels });

type Configured = readonly [AppName, Carried["app"]];

const configured = ({ settings }: Here): readonly Configured[] =>
  Object.entries(settings.apps).map(([name, app]) => [appName.parse(name), app]);

/** What filters are held against. */
const candidateOf = ({ host, settings, deps }: Here): Candidate => ({
  host,
  labels: settings.labels,
  ...deps.facts.current(),
});

const carriedBy = ([name, app]: Configured, carrier: Carrier): Carried => ({
  ...carrier,
  name,
  app,
  layout: layoutOf(rootOf(name, app, carrier)),
});

/** Every app that this host carries and has a place for. */
export function carriedApps(here: Here): readonly Carried[] {
  const [carrier, candidate] = [carrierOf(here), candidateOf(here)];
  return configured(here)
    .filter(([, app]) => fits(app.hosts, candidate))
    .flatMap((each) => {
      try {
        return [carriedBy(each, carrier)];
      } catch (error) {
        here.log.warn({ app: each[0] }, reasonOf(error));
        return [];
      }
    });
}

/**
 * An app that this host carries in an environment.
 * @throws {Failure} APP_UNKNOWN, or CONFIG_INVALID where this host has no place for it
 */
export function carriedApp(name: AppName, environment: EnvironmentName, here: Here): Carried {
  const [carrier, candidate] = [carrierOf(here), candidateOf(here)];
  const found = configured(here).find(
    ([each, app]) => each === name && app.environment === environment && fits(app.hosts, candidate),
  );
  if (found !== undefined) return carriedBy(found, carrier);
  throw new Failure("APP_UNKNOWN", `Host ${here.host} carries no app ${name} in ${environment}`);
}

/** What steps reach the world with, on this host. */
export const toolsOf = ({ config, deps, log, now, settings }: Here): Tools => ({
  state: settings.state,
  config,
  mirrors: deps.mirrors,
  stores: (name) => openStore(settings, name),
  trust: deps.trust,
  http,
  log,
  now,
});
