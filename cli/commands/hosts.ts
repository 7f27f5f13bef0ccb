import { defineCommand } from "../command.ts";
import { callTheRoll } from "../inventory.ts";
import { ago, painted, print, printJson, table } from "../output.ts";
import { withSession } from "../session.ts";

export const hosts = defineCommand({
  options: (yargs) => yargs,
  run: async (args) => {
    const seen = await withSession(args, callTheRoll);
    if (args.json) {
      for (const { report, present } of seen.hosts) printJson({ ...report, present });
      for (const each of seen.daemons) printJson(each);
      return 0;
    }
    const rows = seen.hosts.map(({ report, present }) => [
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
    if (seen.daemons.length === 0) return 0;
    print();
    const daemons = seen.daemons.map(({ daemon, host, state, seen: at, version }) => [
      daemon,
      host,
      painted(state),
      ago(at),
      version,
    ]);
    print(table(["daemon", "host", "", "seen", "version"], daemons));
    return 0;
  },
});
