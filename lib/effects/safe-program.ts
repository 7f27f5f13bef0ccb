import { lstat, realpath } from "node:fs/promises";
import { dirname } from "node:path";

const OTHERS_MAY_WRITE = 0o022;
/** In such a folder everybody may write, but nobody may replace what is another's. */
const STICKY = 0o1000;

/**
 * Why somebody else than these users, or root, could change what a path leads to, or put something else in its place;
 * undefined where nobody could. The path has no link in it.
 */
export async function changeableBy(path: string, users: readonly number[]): Promise<string | undefined> {
  const trusted = new Set([0, ...users]);
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid } = await lstat(at);
    if (!trusted.has(uid)) return `${at} belongs to the user ${uid}: chown root ${at}`;
    const shared = at !== path && (mode & STICKY) !== 0;
    if ((mode & OTHERS_MAY_WRITE) !== 0 && !shared) return `others may write to ${at}: chmod go-w ${at}`;
    if (at === dirname(at)) return undefined;
  }
}

/** Where a path leads, without any link in it; undefined where it leads nowhere. */
export async function whereTo(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}
