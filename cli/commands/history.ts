import type { MessageType } from "../../lib/messages/catalogue.ts";
import { lineOf } from "../../lib/messages/envelope.ts";
import { defineCommand } from "../command.ts";
import { ago, print, printJson, table } from "../output.ts";
import { openLedger } from "../../lib/store/ledger.ts";
import { readSettings } from "../session.ts";

const TOLD = {
  pushes: ["commit.pushed"],
  builds: ["build.finished"],
  rollouts: ["rollout.started", "rollout.finished"],
} as const satisfies Record<string, readonly MessageType[]>;

export const history = defineCommand({
  options: (yargs) =>
    yargs
      .option("of", {
        choices: ["all", "pushes", "builds", "rollouts"] as const,
        default: "all" as const,
        describe: "What to list",
      })
      .option("most", { type: "number", default: 20, describe: "How many lines" }),
  run: async (args) => {
    const ledger = openLedger(readSettings(args).state);
    const types: readonly MessageType[] = args.of === "all" ? Object.values(TOLD).flat() : TOLD[args.of];
    const found = await ledger.newest(types, args.most);
    await ledger.close();
    if (args.json) {
      for (const each of found) printJson(each);
      return 0;
    }
    const rows = found.map((each) => [
      `${ago(each.time)} ago`,
      "build" in each.data
        ? each.data.build.replace(/@(.{7}).*$/, "@$1")
        : "rollout" in each.data
          ? each.data.rollout.slice(0, 8)
          : "",
      lineOf(each),
    ]);
    print(table(["when", "id", "what"], rows));
    if (rows.length === 0) print("Nothing yet. Push something.");
    return 0;
  },
});
