import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { type Generated, Kysely, sql, SqliteDialect } from "kysely";

/** The tables of the ledger. JSON columns hold what their parser in this folder reads. */
export interface Tables {
  /** Every message that says that something happened, in the order of arrival. */
  messages: {
    sequence: Generated<number>;
    id: string;
    type: string;
    time: string;
    source: string;
    correlation: string;
    cause: string | null;
    /** What it is about: a build, a rollout, a repository or a host. */
    subject: string;
    data: string;
  };
  /** Every daemon that was ever heard, and when last. */
  daemons: {
    daemon: string;
    host: string;
    version: string;
    state: string;
    /** Milliseconds since 1970. */
    seen: number;
    /** 1 where it has been told that it is silent. */
    silent: number;
  };
  /** Rollouts as the orchestrator drives them. */
  orchestrations: {
    rollout: string;
    app: string;
    environment: string;
    fence: number;
    finished: number;
    state: string;
  };
}

export type Database = Kysely<Tables>;

const TABLES = `
  create table if not exists messages (
    sequence integer primary key autoincrement,
    id text not null unique,
    type text not null,
    time text not null,
    source text not null,
    correlation text not null,
    cause text,
    subject text not null,
    data text not null
  );
  create index if not exists messages_by_subject on messages (subject, type, sequence);
  create index if not exists messages_by_type on messages (type, sequence);
  create table if not exists daemons (
    daemon text not null,
    host text not null,
    version text not null,
    state text not null,
    seen integer not null,
    silent integer not null,
    primary key (daemon, host)
  );
  create index if not exists messages_by_revision on messages (json_extract(data, '$.revision'));
  create table if not exists orchestrations (
    rollout text primary key,
    app text not null,
    environment text not null,
    fence integer not null,
    finished integer not null,
    state text not null
  );
  create index if not exists orchestrations_by_app on orchestrations (app, environment, fence);
`;

/** The revision that a message is about, as its index has it. */
export const REVISION = sql<string>`json_extract(data, '$.revision')`;

/** Opens the ledger's database, and makes it where it is not there. Several processes may have it open at once. */
export function openDatabase(file: string): Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const sqlite = new DatabaseSync(file);
  // Waits for another writer come first: even the switch to WAL can meet one.
  sqlite.exec("pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full;");
  sqlite.exec(TABLES);
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(sqlite) }) });
}

/** Kysely speaks to better-sqlite3; the difference is how a statement says that it returns rows. */
function forKysely(sqlite: DatabaseSyncInstance) {
  return {
    close: () => sqlite.close(),
    prepare: (sql: string) => {
      const statement = sqlite.prepare(sql);
      const values = (parameters: readonly unknown[]) => parameters as (string | number | null)[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]): unknown[] => statement.all(...values(parameters)),
        run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
      };
    },
  };
}
