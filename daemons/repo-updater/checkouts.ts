import { Failure, reasonOf } from "../../lib/failure.ts";
import type { Mirrors } from "../../lib/effects/git.ts";
import type { SharedSettings } from "../../lib/config/settings.ts";
import type { Log } from "../../lib/log.ts";
import type { Message } from "../../lib/messages/catalogue.ts";
import { type BackOff, backOff } from "../../lib/pace/back-off.ts";
import { coalesced } from "../../lib/pace/coalesced.ts";
import { limited } from "../../lib/pace/limited.ts";
import type { RepositoryName } from "../../lib/schema/names.ts";
import { type Checkout, openCheckout } from "./checkout.ts";
import type { Settings } from "./config.ts";
import { told, type Teller, problem } from "./news.ts";

/** All checkouts of a host. */
export interface Checkouts {
  /** Those of a repository. */
  of(repository: RepositoryName): readonly Checkout[];
  /** Those that failed, and are to be tried again by now. */
  due(now: Date): readonly Checkout[];
  /** Updates a checkout, and tells of it. Who asks while an update runs shares the next one, which sees the newest. */
  update(checkout: Checkout, teller: Teller): Promise<Message[]>;
  /** Has the next update of a checkout look at what is there already, too. */
  doubt(checkout: Checkout): void;
}

interface Surroundings {
  readonly settings: SharedSettings;
  readonly log: Log;
  readonly mirrors: Mirrors;
  /** Whether a mirror was fetched, and could be when that was last tried. */
  readonly isFresh: (repository: RepositoryName) => boolean;
}

/**
 * Opens the checkouts of a configuration.
 * @throws {Failure} CONFIG_INVALID where one is of no repository of git, or its user cannot be had
 */
export async function openCheckouts(config: Settings, surroundings: Surroundings): Promise<Checkouts> {
  const { settings, log, mirrors, isFresh } = surroundings;
  const all: Checkout[] = [];
  for (const [name, { target, ...rest }] of Object.entries(config.checkouts)) {
    requireGit(name, rest.repository, settings);
    if (target === undefined) continue;
    const defaultBranch = () => mirrors.defaultBranch(rest.repository);
    const onDamaged = (file: string) =>
      log.error({ file }, `a record of ${name} was damaged, and is set aside`);
    const { state } = settings;
    const git = mirrors.of(rest.repository);
    const refs = () => mirrors.refs(rest.repository);
    all.push(await openCheckout(name, { ...rest, target }, { state, git, refs, defaultBranch, onDamaged }));
  }
  const { retry: first, "retry-most": most } = config;
  const failing: BackOff<string> = backOff([], { first, most });
  const doubted = new Set<string>();
  /** What was said to be in the way of each ref, so that it is said once. */
  const known = new Map<string, ReadonlyMap<string, string>>();

  const updateOnce = async (checkout: Checkout, teller: Teller): Promise<Message[]> => {
    const { name } = checkout;
    const fresh = isFresh(checkout.config.repository);
    const verify = doubted.delete(name);
    try {
      const happened = await checkout.update({ verify, fresh });
      const problems = happened.flatMap((each) => (each.what === "problem" ? [each] : []));
      const isNew = ({ ref, reason }: { ref: string; reason: string }) =>
        known.get(name)?.get(ref) !== reason;
      for (const { reason, error, ref } of problems.filter(isNew))
        log.warn({ error, checkout: name, ref }, `${name}: ${reason}`);
      const said = happened.filter((each) => each.what !== "problem" || isNew(each));
      known.set(name, new Map(problems.map(({ ref, reason }) => [ref, reason])));
      if (problems.length === 0) failing.succeeded(name);
      else failing.failed(name, teller.now());
      return said.flatMap((each) => told(checkout, each, teller));
    } catch (error) {
      if (verify) doubted.add(name);
      failing.failed(name, teller.now());
      const reason = reasonOf(error);
      if (known.get(name)?.get("") === reason) return [];
      known.set(name, new Map([["", reason]]));
      log.warn({ error, checkout: name }, `${name}: ${reason}`);
      return problem(`${name}: ${reason}`, teller);
    }
  };
  const tellers = new Map<Checkout, Teller>();
  const update = limited(config.parallel, async (checkout: Checkout) => {
    const teller = tellers.get(checkout);
    return teller === undefined ? [] : updateOnce(checkout, teller);
  });
  const shared = coalesced(update);
  return {
    of: (repository) => all.filter(({ config: { repository: its } }) => its === repository),
    due: (now) => {
      const names = failing.due(now);
      return all.filter(({ name }) => names.includes(name));
    },
    update: (checkout, teller) => {
      tellers.set(checkout, teller);
      return shared(checkout);
    },
    doubt: ({ name }) => doubted.add(name),
  };
}

function requireGit(name: string, repository: RepositoryName, { repositories }: SharedSettings): void {
  const known = Object.hasOwn(repositories, repository) ? repositories[repository] : undefined;
  if (known?.type === "git") return;
  const why = known === undefined ? "is not among the repositories" : "is kept in Subversion";
  throw new Failure(
    "CONFIG_INVALID",
    `Cannot open repo-updater.checkouts.${name}: it names ${repository}, which ${why}`,
  );
}
