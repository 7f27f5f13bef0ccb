import type { AppName } from "../../lib/schema/names.ts";
import { Failure } from "../../lib/failure.ts";
import { type Release, releaseOf } from "../../lib/security/release.ts";
import { defineCommand } from "../command.ts";
import { carriers, type Seen, takeInventory } from "../inventory.ts";
import { launch, strategyFor } from "../launch.ts";
import { rolloutOptions, subjectOf } from "../rollout-options.ts";
import { withSession } from "../session.ts";
import { resolveTarget } from "../target.ts";

export const rollback = defineCommand({
  options: (yargs) =>
    rolloutOptions(yargs).option("to", {
      type: "string",
      describe:
        "A branch, tag or object id, of a site PART=REF,PART=REF; the release before where it is left out",
    }),
  run: (args) =>
    withSession(args, async (session) => {
      const { app, configured, filter } = subjectOf(session.settings, args);
      const seen = await takeInventory(session, { app, refs: args.to !== undefined });
      const hosts = carriers(seen, app, filter);
      if (hosts.length === 0) throw new Failure("HOSTS_NONE", `Cannot roll ${app} back: no host carries it`);
      const target =
        args.to === undefined
          ? formerOf(app, hosts)
          : await resolveTarget(session.settings, { app, configured, named: [args.to], filter }, seen);
      const strategy = strategyFor(configured, { canary: args.canary });
      return launch(session, {
        ...args,
        kind: "rollback",
        app,
        configured,
        target,
        hosts,
        strategy,
        force: false,
      });
    }),
});

/** The release that was live before, where all hosts agree on it. */
function formerOf(app: AppName, hosts: readonly Seen[]): Release {
  const present = hosts.filter((each) => each.present).map(({ report }) => report);
  const formers = present.map(({ apps }) => apps.find((each) => each.app === app)?.former ?? undefined);
  const [first] = formers;
  if (first === undefined || formers.includes(undefined)) {
    const without = present.filter((_report, index) => formers[index] === undefined).map(({ host }) => host);
    throw new Failure(
      "NOTHING_FORMER",
      `Cannot roll ${app} back: nothing older than what is live was live on ${without.length === 0 ? "any host" : without.join(", ")}`,
    );
  }
  if (formers.some((each) => each?.revision !== first.revision)) {
    throw new Failure(
      "NOTHING_FORMER",
      `Cannot roll ${app} back: the hosts had different revisions live before; say which with --to`,
    );
  }
  return releaseOf(first);
}
