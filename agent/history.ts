import { namesIn } from "../lib/effects/folders.ts";
import { type Journal, openJournal } from "../lib/effects/journal.ts";
import { tagAt } from "../lib/effects/plain-file.ts";
import type { Layout } from "./layout.ts";
import { type HistoryLine, historyLine } from "./releases.ts";

/** How many of the newest lines are kept, whatever they are about. */
const MOST_LINES = 300;

/** A history as it was read, and what its file looked like then. */
interface Known {
  readonly journal: Journal<HistoryLine>;
  readonly lines: readonly HistoryLine[];
  readonly tag: string | undefined;
}

/** A deploy asks for the history many times: it is read again only where somebody else wrote to it. */
const known = new Map<string, Known>();

async function open({ history }: Layout): Promise<Known> {
  const found = known.get(history);
  if (found !== undefined && found.tag === (await tagAt(history))) return found;
  const journal = await openJournal(history, historyLine);
  return know(history, journal, journal.entries);
}

async function know(path: string, journal: Known["journal"], lines: Known["lines"]): Promise<Known> {
  const now = { journal, lines, tag: await tagAt(path) };
  known.set(path, now);
  return now;
}

/** All that is known to have happened to releases of an app on this host, the oldest first. */
export const readHistory = async (layout: Layout): Promise<readonly HistoryLine[]> =>
  (await open(layout)).lines;

/** Adds to the history, unless it says so already: a step that is done again is no second event. */
export async function addToHistory(layout: Layout, line: HistoryLine): Promise<void> {
  const { journal, lines } = await open(layout);
  const same = lines.findLast(({ release, event }) => release === line.release && event === line.event);
  if (same?.rollout === line.rollout) return;
  await journal.append(line);
  await know(layout.history, journal, [...lines, line]);
}

/** Forgets the oldest of a long history, but not the last of each kind that happened to a release that is still there. */
export async function trimHistory(layout: Layout): Promise<void> {
  const { journal, lines } = await open(layout);
  if (lines.length <= 2 * MOST_LINES) return;
  const there = new Set(await namesIn(layout.releases));
  const first = lines.length - MOST_LINES;
  const last = new Map(lines.map(({ release, event }, at) => [`${release} ${event}`, at]));
  const kept = lines.filter(
    ({ release, event }, at) => at >= first || (there.has(release) && last.get(`${release} ${event}`) === at),
  );
  await journal.replace(kept);
  await know(layout.history, journal, kept);
}
