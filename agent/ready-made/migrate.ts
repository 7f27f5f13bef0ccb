import { countOf } from "../../lib/schema/quantities.ts";
import { Failure } from "../../lib/failure.ts";
import type { Work } from "../work.ts";

/**
 * Whether this host runs the migration of a rollout: the first of those that were signed, and not on the way back to a revision
 * that was there before.
 * @throws {Failure} MIGRATION_UNORDERED where others go at the same time as the first
 */
export function isToMigrate({ host, request }: Pick<Work, "host" | "request">): boolean {
  const { hosts, strategy, kind } = request.command;
  if (kind === "rollback") return false;
  const { canary, batches } = strategy;
  const together = canary > 0 ? canary : countOf(batches, hosts.length);
  if (Math.min(together, hosts.length) > 1)
    throw new Failure(
      "MIGRATION_UNORDERED",
      `Cannot run a migration: ${Math.min(together, hosts.length)} hosts go first at once`,
    );
  return hosts[0] === host;
}
