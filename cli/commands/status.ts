import { appName, shortRef, shortRevision } from "../../lib/schema/names.ts";
import { defineCommand } from "../command.ts";
import { takeInventory } from "../inventory.ts";
import { appOf } from "../launch.ts";
import { ago, print, printJson, table } from "../output.ts";
import { parsed } from "../parsed.ts";
import { withSession } from "../session.ts";

export const status = defineCommand({
  options: (yargs) => yargs.option("app", { type: "string", describe: "Only this app" }),
  run: async (args) => {
    const seen = await withSession(args, (session) => {
      if (args.app !== undefined) appOf(session.settings, parsed(appName, args.app, "--app"));
      return takeInventory(session);
    });
    const live = seen.flatMap(({ report, present }) =>
      report.apps
        .filter(({ app }) => args.app === undefined || app === args.app)
        .map((each) => ({ host: report.host, present, ...each })),
    );
    if (args.json) {
      for (const each of live) printJson(each);
      return 0;
    }
    const rows = live
      .sort((a, b) => a.app.localeCompare(b.app))
      .map(({ app, environment, host, present, live: release }) => [
        app,
        environment,
        host,
        release === null ? "nothing" : shortRef(release.ref),
        release === null ? "" : shortRevision(release.revision),
        release === null ? "" : `${ago(release.since)} ago`,
        release?.by ?? "",
        present ? "" : "away",
      ]);
    print(table(["app", "environment", "host", "live", "revision", "since", "by", ""], rows));
    if (rows.length === 0)
      print("No host carries an app. See `apps:` in the configuration, and: skein hosts");
    return 0;
  },
});
