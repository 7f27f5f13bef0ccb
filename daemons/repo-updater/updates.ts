import type { Mirrors } from "../../lib/effects/git.ts";
import { message, type Message } from "../../lib/messages/catalogue.ts";
import type { HostName, RepositoryName } from "../../lib/schema/names.ts";
import { coalesced } from "../../lib/pace/coalesced.ts";
import { limited } from "../../lib/pace/limited.ts";

const MOST_CHANGES = 1_000;
const MOST_NAME = 300;

/** Fetches a repository and tells what changed: so many at once, and who asks while a fetch runs shares the next one. */
export function updatesOf(
  mirrors: Pick<Mirrors, "fetch">,
  host: HostName,
  parallel: number,
): (repository: RepositoryName) => Promise<Message[]> {
  const fetch = limited(parallel, mirrors.fetch);
  return coalesced(async (repository) => {
    const begun = Date.now();
    const changes = await fetch(repository);
    if (changes.length === 0) return [];
    const at = new Date();
    // Git allows names of thousands of characters, a message of fewer.
    const told = changes
      .slice(0, MOST_CHANGES)
      .map((each) => ({ ...each, ref: each.ref.slice(0, MOST_NAME) }));
    const seconds = (at.getTime() - begun) / 1_000;
    return [message("mirror.updated", { repository, host, changes: told, at: at.toISOString(), seconds })];
  });
}
