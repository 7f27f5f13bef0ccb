import { fits } from "../../lib/schema/filter.ts";
import { defineCommand } from "../command.ts";
import { filterOf, hostOptions } from "../host-options.ts";
import { takeInventory } from "../inventory.ts";
import { print, printJson, table } from "../output.ts";
import { withSession } from "../session.ts";

export const facts = defineCommand({
  options: (yargs) =>
    hostOptions(yargs).option("name", { type: "string", array: true, nargs: 1, describe: "Only this fact" }),
  run: async (args) => {
    const filter = filterOf(args);
    const seen = await withSession(args, (session) => takeInventory(session));
    const chosen = seen.filter(({ report }) => filter === undefined || fits(filter, report));
    const wanted = (name: string) => args.name === undefined || args.name.includes(name);
    const known = chosen.map(({ report: { host, labels, facts: all, classes = [] }, present }) => ({
      host,
      present,
      // A label goes before a fact of its name, as in filters.
      facts: Object.fromEntries(Object.entries({ ...all, ...labels }).filter(([name]) => wanted(name))),
      ...(wanted("class") && classes.length > 0 ? { classes } : {}),
    }));
    if (args.json) {
      for (const each of known) printJson(each);
      return 0;
    }
    const rows = known.flatMap(({ host, present, facts: all, classes = [] }) =>
      [...Object.entries(all).toSorted(byName), ...classes.map((name) => ["class", name] as const)].map(
        ([name, value]) => [host, name, value, present ? "" : "away"],
      ),
    );
    if (rows.length > 0) print(table(["host", "fact", "value", ""], rows));
    else print(chosen.length === 0 ? "No host fits. See: skein hosts" : "No such fact. See: skein facts");
    return 0;
  },
});

const byName = ([one]: [string, string], [other]: [string, string]): number => one.localeCompare(other);
