import type { Data } from "../../lib/messages/catalogue.ts";
import { appName, shortRef, shortRevision } from "../../lib/schema/names.ts";
import { defineCommand } from "../command.ts";
import { takeInventory } from "../inventory.ts";
import { appOf } from "../launch.ts";
import { nameOf } from "../named.ts";
import { ago, print, printJson, table } from "../output.ts";
import { parsed } from "../parsed.ts";
import { type Session, withSession } from "../session.ts";

export const status = defineCommand({
  options: (yargs) => yargs.option("app", { type: "string", describe: "Only this app" }),
  run: async (args) => {
    const { seen, underWay } = await withSession(args, async (session) => {
      if (args.app !== undefined) appOf(session.settings, parsed(appName, args.app, "--app"));
      return { seen: await takeInventory(session), underWay: await rolloutsUnderWay(session) };
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
        release === null ? "nothing" : nameOf(release),
        release === null ? "" : shortRevision(release.revision),
        release === null ? "" : `${ago(release.since)} ago`,
        release?.by ?? "",
        present ? "" : "away",
      ]);
    print(table(["app", "environment", "host", "live", "revision", "since", "by", ""], rows));
    if (rows.length === 0)
      print("No host carries an app. See `apps:` in the configuration, and: skein hosts");
    for (const { rollout, app, ref, by } of underWay)
      if (args.app === undefined || app === args.app)
        print(`${by} rolls out ${app} ${shortRef(ref)}: skein log -f ${rollout}`);
    return 0;
  },
});

/** As many messages as tell of more rollouts than are ever under way at once. */
const LATELY = 200;

async function rolloutsUnderWay({ ledger }: Session): Promise<Data<"rollout.started">[]> {
  const told = await ledger.newest(["rollout.started", "rollout.finished"], LATELY);
  const ended = new Set(
    told.flatMap(({ type, data }) => (type === "rollout.finished" ? [data.rollout] : [])),
  );
  return told.flatMap(({ type, data }) =>
    type === "rollout.started" && !ended.has(data.rollout) ? [data] : [],
  );
}
