import { defineCommand } from "../command.ts";
import { takeInventory } from "../inventory.ts";
import { ago, painted, print, printJson, table } from "../output.ts";
import { withSession } from "../session.ts";

export const hosts = defineCommand({
  options: (yargs) => yargs,
  run: async (args) => {
    const seen = await withSession(args, (session) => takeInventory(session));
    if (args.json) {
      for (const { report, present } of seen) printJson({ ...report, present });
      return 0;
    }
    const rows = seen.map(({ report, present }) => [
      report.host,
      painted(present ? "live" : "away").replace("live", "here"),
      ago(report.at),
      Object.entries(report.labels)
        .map(([label, value]) => `${label}=${value}`)
        .join(" "),
      report.apps.map(({ app }) => app).join(" "),
      report.version,
    ]);
    print(table(["host", "", "seen", "labels", "apps", "version"], rows));
    if (rows.length === 0) print("No host has said anything yet. Start one with: skein agent");
    return 0;
  },
});
