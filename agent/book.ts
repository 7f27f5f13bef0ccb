import { makeFolder } from "../lib/effects/files.ts";
import { type OnDisk, openJournal } from "../lib/effects/journal.ts";
import { reasonOf } from "../lib/failure.ts";
import type { Log } from "../lib/log.ts";
import type { CommandId } from "../lib/schema/names.ts";
import type { Layout } from "./layout.ts";
import {
  type Deploy,
  type Deploys,
  type JournalLine,
  journalLine,
  stateOf,
  summary,
  withLine,
} from "./record.ts";

/** The deploys of an app on this host, and the journal that they are written to before anything else knows of them. */
export interface Book {
  readonly deploys: () => Deploys;
  readonly find: (rollout: CommandId) => Deploy | undefined;
  /** @throws {Failure} E_STORAGE: then nothing changed */
  readonly write: (line: JournalLine) => Promise<void>;
  /**
   * Writes a line without which a deploy goes on all the same: after a crash its steps would be done once more, which
   * comes to the same, but a deploy that stops half-way because a disk is full would be worse.
   */
  readonly note: (line: JournalLine, onDisk?: OnDisk) => Promise<void>;
}

const MOST_LINES = 2_000;
/** Deploys whose repeats are still answered when the journal is written anew. */
const MOST_DEPLOYS = 100;

/** Opens the book of an app, and makes its folders where they are missing. */
export async function openBook(layout: Layout, log: Log): Promise<Book> {
  for (const folder of [layout.releases, layout.shared, layout.own]) await makeFolder(folder);
  await makeFolder(layout.jobs, 0o700);
  const journal = await openJournal(layout.journal, journalLine);
  let deploys = journal.entries.reduce<Deploys>(withLine, new Map());
  let lines = journal.entries.length;
  const shorten = async () => {
    if (lines < MOST_LINES || [...deploys.values()].some((each) => stateOf(each) !== "over")) return;
    const kept = [...summary(new Map([...deploys].slice(-MOST_DEPLOYS)))];
    await journal.replace(kept);
    deploys = kept.reduce<Deploys>(withLine, new Map());
    lines = kept.length;
  };
  const know = (line: JournalLine) => {
    deploys = withLine(deploys, line);
    lines += 1;
  };
  return {
    deploys: () => deploys,
    find: (rollout) => deploys.get(rollout),
    write: async (line) => {
      await journal.append(line);
      know(line);
    },
    note: async (line, onDisk) => {
      const written = journal.append(line, onDisk);
      know(line);
      await written.then(shorten).catch((error: unknown) => log.error({ error }, reasonOf(error)));
    },
  };
}
