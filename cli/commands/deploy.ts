import type { App } from "../../lib/config/apps.ts";
import { commitsOf, requiresBuild } from "../../lib/config/made-of.ts";
import { Failure } from "../../lib/failure.ts";
import { portion } from "../../lib/schema/quantities.ts";
import type { Release } from "../../lib/security/release.ts";
import { waitForBuild } from "../build-gate.ts";
import { defineCommand } from "../command.ts";
import { carriers, type Seen, takeInventory } from "../inventory.ts";
import { parsed } from "../parsed.ts";
import { launch, strategyFor } from "../launch.ts";
import { rolloutOptions, subjectOf } from "../rollout-options.ts";
import { readSettings, withSession, type Session } from "../session.ts";
import { resolveTarget, type Wanted } from "../target.ts";
import { UsageError } from "../usage.ts";

/** How long the hosts may take to have fetched what was pushed a moment ago, in milliseconds. */
const FETCHING = 3_000;

export const deploy = defineCommand({
  options: (yargs) =>
    rolloutOptions(yargs)
      .positional("refs", {
        type: "string",
        array: true,
        default: [],
        describe:
          "A branch, a tag, or a full object id; a version of an artifact; the digest of an image; of a site PART=REF for each part that changes, and nothing to build all of it at its base",
      })
      .option("batch", {
        type: "string",
        describe: "How many of the others go at once: a count, or a share such as 25%",
      })
      .option("on-failure", {
        choices: ["stop", "rollback"] as const,
        describe: "What becomes of hosts that were switched, where others fail",
      })
      .option("force", { type: "boolean", default: false, describe: "Also where it is live already" }),
  run: (args) => {
    const { configured: asked } = subjectOf(readSettings(args), args);
    const named = wordsFor(asked, args.app, args.refs);
    return withSession(args, async (session) => {
      const { app, configured, filter } = subjectOf(session.settings, args);
      const batch =
        args.batch === undefined
          ? undefined
          : parsed(portion, /^\d+$/.test(args.batch) ? Number(args.batch) : args.batch, "--batch");
      const strategy = strategyFor(configured, { canary: args.canary, batch, onFailure: args.onFailure });
      const { target, seen } = await findTarget(session, { app, configured, named, filter });
      const hosts = carriers(seen, app, filter);
      if (hosts.length === 0)
        throw new Failure(
          "HOSTS_NONE",
          `Cannot deploy ${app}: no host carries it${filter === undefined ? "" : ` and fits ${filter}`}`,
        );
      const commits = commitsOf(app, configured, target);
      if (requiresBuild(configured) && !args.dryRun)
        for (const { repository, commit } of commits) await waitForBuild(session.ledger, repository, commit);
      return launch(session, { ...args, kind: "deploy", app, configured, target, hosts, strategy });
    });
  },
});

/**
 * What a person named: one word, but of a site as many as it has parts.
 * @throws {UsageError}
 */
function wordsFor(configured: App, app: string, words: readonly string[]): readonly string[] {
  if (configured.driver === "site") return words;
  const takes = `it is skein deploy ${app} ${wordFor(configured)}`;
  if (words.length === 1) return words;
  throw new UsageError(`${words.length === 0 ? "Not enough" : "Too many"} words: ${takes}`, "deploy");
}

function wordFor(configured: App): string {
  if (configured.driver === "container" && "pull" in configured.image) return "sha256:DIGEST";
  return configured.driver === "artifact" || configured.driver === "container" ? "VERSION" : "REF";
}

/** Finds what a person means. What was pushed a moment ago may still be on its way to the hosts. */
async function findTarget(session: Session, wanted: Wanted): Promise<{ target: Release; seen: Seen[] }> {
  const { app } = wanted;
  const until = Date.now() + FETCHING;
  for (;;) {
    const seen = await takeInventory(session, { app, refs: true });
    try {
      return { target: await resolveTarget(session.settings, wanted, seen), seen };
    } catch (error) {
      const mayPass =
        error instanceof Failure && error.transient && carriers(seen, app).some(({ present }) => present);
      if (!mayPass || Date.now() > until) throw error;
    }
  }
}
