import { join } from "node:path";
import { z } from "zod";
import { catalogue, type Data, type Message, type MessageType } from "../messages/catalogue.ts";
import { type Envelope, fromRecord } from "../messages/envelope.ts";
import type { HostName, RepositoryName, Revision } from "../schema/names.ts";
import { type Database, openDatabase, REVISION } from "./database.ts";

/** Where the ledger lies in a state folder. */
export const ledgerFile = (state: string): string => join(state, "ledger.db");

/** What a message is about: what people ask the ledger for. */
function subjectOf({ data }: Message): string {
  if ("build" in data) return data.build;
  if ("rollout" in data) return data.rollout;
  if ("package" in data) return data.package;
  if ("repository" in data) return data.repository;
  if ("host" in data) return data.host;
  return "";
}

/** The memory of all that happened. */
export interface Ledger {
  /** Keeps a message; one that is there already is left as it is. */
  record(envelope: Envelope): Promise<void>;
  /** The newest messages of some types, newest first; `before` is the sequence of one, for the page after it. */
  newest<Type extends MessageType>(types: readonly Type[], most: number): Promise<Recorded<Type>[]>;
  /** All that was said about a build or a rollout, in the order of arrival, from after a sequence on. */
  about(subject: string, after?: number): Promise<Recorded[]>;
  /**
   * How the builds of a revision ended: as the first that did not pass, or as all of them did; undefined while one of them
   * runs, or none has begun. Several jobs may build one revision, and each may build it again: its newest build counts, and
   * what has passed counts until then.
   */
  buildOf(repository: RepositoryName, revision: Revision): Promise<Data<"build.finished"> | undefined>;
  /** Whether a build of a revision has begun, or ended. */
  isBuilt(repository: RepositoryName, revision: Revision): Promise<boolean>;
  /** The ids of builds and rollouts that begin so. */
  subjectsLike(beginning: string, most: number): Promise<string[]>;
  /** What each host said last. */
  hosts(): Promise<Data<"host.alive">[]>;
  /** Keeps when some daemons were heard last; forgets those that were not heard since an instant. */
  keepDaemons(known: readonly KnownDaemon[], forgotten: Date): Promise<void>;
  /** Every daemon that is known, by host and name. */
  daemons(): Promise<KnownDaemon[]>;
  close(): Promise<void>;
}

/** A daemon, and when it was heard last. */
export interface KnownDaemon {
  readonly daemon: string;
  readonly host: HostName;
  readonly version: string;
  readonly state: Data<"daemon.alive">["state"];
  /** Milliseconds since 1970. */
  readonly seen: number;
  /** Whether it is overdue, and did not say that it stops. */
  readonly silent: boolean;
}

/** A message, as the ledger has it. */
export type Recorded<Type extends MessageType = MessageType> = Envelope<Type> & { readonly sequence: number };

/** Opens the ledger of a state folder, and makes it where it is not there. */
export function openLedger(state: string): Ledger {
  const database = openDatabase(ledgerFile(state));
  return {
    record: (envelope) => record(database, envelope),
    newest: async <Type extends MessageType>(types: readonly Type[], most: number) => {
      const rows = await database
        .selectFrom("messages")
        .selectAll()
        .where("type", "in", types)
        .orderBy("sequence", "desc")
        .limit(most)
        .execute();
      return rows.map((row) => read(row) as Recorded<Type>);
    },
    about: async (subject, after = 0) => {
      const rows = await database
        .selectFrom("messages")
        .selectAll()
        .where("subject", "=", subject)
        .where("sequence", ">", after)
        .orderBy("sequence")
        .execute();
      return rows.map(read);
    },
    buildOf: async (repository, revision) => {
      const newest = await buildsOf(database, repository, revision);
      const ends = newest.flatMap((each) => (each.type === "build.finished" ? [each.data] : []));
      const failed = ends.find(({ outcome }) => outcome !== "passed");
      return failed ?? (ends.length === newest.length ? ends[0] : undefined);
    },
    isBuilt: async (repository, revision) => (await buildsOf(database, repository, revision)).length > 0,
    subjectsLike: async (beginning, most) => {
      const rows = await database
        .selectFrom("messages")
        .select("subject")
        .distinct()
        .where("subject", ">=", beginning)
        .where("subject", "<", `${beginning}\u{10FFFF}`)
        .where("type", "in", ["build.started", "build.finished", "rollout.started", "rollout.finished"])
        .limit(most)
        .execute();
      return rows.map(({ subject }) => subject);
    },
    hosts: async () => {
      const rows = await database
        .selectFrom("messages")
        .selectAll()
        .where("type", "=", "host.alive")
        .orderBy("subject")
        .execute();
      return rows.map((row) => (read(row) as Recorded<"host.alive">).data);
    },
    keepDaemons: (known, forgotten) => keepDaemons(database, known, forgotten),
    daemons: async () => {
      const rows = await database
        .selectFrom("daemons")
        .selectAll()
        .orderBy("host")
        .orderBy("daemon")
        .execute();
      return rows.flatMap((row) => knownDaemon.safeParse(row).data ?? []);
    },
    close: () => database.destroy(),
  };
}

const knownDaemon = catalogue["daemon.alive"].data
  .omit({ at: true })
  .extend({ seen: z.int(), silent: z.int().transform((told) => told !== 0) });

async function keepDaemons(
  database: Database,
  known: readonly KnownDaemon[],
  forgotten: Date,
): Promise<void> {
  await database.transaction().execute(async (within) => {
    for (const { silent, ...each } of known) {
      const row = { ...each, silent: Number(silent) };
      await within
        .insertInto("daemons")
        .values(row)
        .onConflict((conflict) => conflict.columns(["daemon", "host"]).doUpdateSet(row))
        .execute();
    }
    await within.deleteFrom("daemons").where("seen", "<", forgotten.getTime()).execute();
  });
}

async function record(database: Database, envelope: Envelope): Promise<void> {
  const { id, type, time, source, correlation, cause = null, data } = envelope;
  const subject = subjectOf(envelope);
  if (type === "host.alive") {
    // A host's former words are of no use; only the last count.
    await database
      .deleteFrom("messages")
      .where("type", "=", type)
      .where("subject", "=", subject)
      .where("time", "<=", time)
      .execute();
  }
  await database
    .insertInto("messages")
    .values({ id, type, time, source, correlation, cause, subject, data: JSON.stringify(data) })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/**
 * What counts of each build of a revision, whichever job built it: what was said last. But that one passed stands until another
 * end is told: a runner that was killed before it could say that it was done begins again what has passed.
 */
async function buildsOf(
  database: Database,
  repository: RepositoryName,
  revision: Revision,
): Promise<readonly Recorded<"build.started" | "build.finished">[]> {
  const rows = await database
    .selectFrom("messages")
    .selectAll()
    .where(REVISION, "=", revision)
    .where("type", "in", ["build.started", "build.finished"])
    .orderBy("sequence")
    .execute();
  const newest = new Map<string, Recorded<"build.started" | "build.finished">>();
  for (const row of rows) {
    const each = read(row) as Recorded<"build.started" | "build.finished">;
    const former = newest.get(each.data.build);
    const stands =
      each.type === "build.started" && former?.type === "build.finished" && former.data.outcome === "passed";
    if (each.data.repository === repository && !stands) newest.set(each.data.build, each);
  }
  return [...newest.values()];
}

function read({ sequence, cause, data, ...attributes }: Row): Recorded {
  return {
    ...fromRecord({ ...attributes, cause: cause ?? undefined, data: JSON.parse(data) as unknown }),
    sequence,
  };
}

interface Row {
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly source: string;
  readonly correlation: string;
  readonly cause: string | null;
  readonly data: string;
}
