import type { Database } from "../../lib/store/database.ts";
import { openDatabase } from "../../lib/store/database.ts";
import { ledgerFile } from "../../lib/store/ledger.ts";
import type { AppName, CommandId, EnvironmentName } from "../../lib/schema/names.ts";
import { type Rollout, rollout as schema } from "./rollout.ts";

/** Where rollouts under way are kept, so that another orchestrator can go on with them. */
export interface Store {
  find(id: CommandId): Promise<Rollout | undefined>;
  underWay(): Promise<Rollout[]>;
  /** The rollout of an app that is under way, if one is. */
  runningOf(app: AppName, environment: EnvironmentName): Promise<CommandId | undefined>;
  /** A fencing number that is larger than all before it. */
  nextFence(app: AppName, environment: EnvironmentName): Promise<number>;
  save(state: Rollout): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store in the ledger of a state folder. */
export function openStore(state: string): Store {
  const database = openDatabase(ledgerFile(state));
  const rollouts = database.selectFrom("orchestrations");
  return {
    find: async (id) => parsed(await rollouts.select("state").where("rollout", "=", id).executeTakeFirst()),
    underWay: async () => {
      const rows = await rollouts.select("state").where("finished", "=", 0).orderBy("fence").execute();
      return rows.map(({ state }) => schema.parse(JSON.parse(state)));
    },
    runningOf: async (app, environment) => {
      const row = await rollouts
        .select("rollout")
        .where("app", "=", app)
        .where("environment", "=", environment)
        .where("finished", "=", 0)
        .executeTakeFirst();
      return row?.rollout as CommandId | undefined;
    },
    nextFence: async (app, environment) => {
      const row = await rollouts
        .select(({ fn }) => fn.max("fence").as("fence"))
        .where("app", "=", app)
        .where("environment", "=", environment)
        .executeTakeFirst();
      return (row?.fence ?? 0) + 1;
    },
    save: (state) => save(database, state),
    close: () => database.destroy(),
  };
}

const parsed = (row: { state: string } | undefined): Rollout | undefined =>
  row === undefined ? undefined : schema.parse(JSON.parse(row.state));

async function save(database: Database, state: Rollout): Promise<void> {
  const { rollout, app, environment, fence, phase } = state;
  const changing = { finished: phase === "finished" ? 1 : 0, state: JSON.stringify(state) };
  await database
    .insertInto("orchestrations")
    .values({ rollout, app, environment, fence, ...changing })
    .onConflict((conflict) => conflict.column("rollout").doUpdateSet(changing))
    .execute();
}
