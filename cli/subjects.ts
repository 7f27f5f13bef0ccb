import { Failure } from "../lib/failure.ts";
import type { Ledger } from "../lib/store/ledger.ts";

/**
 * The build or rollout whose id begins so.
 * @throws {Failure} ROLLOUT_UNKNOWN where there is none, or more than one
 */
export async function theOne(ledger: Ledger, beginning: string, what: string): Promise<string> {
  const found = await ledger.subjectsLike(beginning, 5);
  if (found.includes(beginning)) return beginning;
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new Failure(
    "ROLLOUT_UNKNOWN",
    only === undefined
      ? `Cannot find ${what}: none begins with ${JSON.stringify(beginning)}`
      : `Cannot choose ${what}: ${found.join(", ")} all begin with ${JSON.stringify(beginning)}`,
  );
}
