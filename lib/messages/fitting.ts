import type { Commit } from "./catalogue/commits.ts";

/** How many commits one message lists at the most. */
export const MOST_COMMITS = 100;
/** What the commits of one message may take as JSON, in bytes: brokers refuse what is too large. */
const MOST_BYTES = 256 * 1024;

/** The newest commits, as many as fit into a message. */
export function fitting(commits: readonly Commit[]): Commit[] {
  let bytes = 0;
  return commits
    .slice(0, MOST_COMMITS)
    .filter((commit) => (bytes += Buffer.byteLength(JSON.stringify(commit))) <= MOST_BYTES);
}
