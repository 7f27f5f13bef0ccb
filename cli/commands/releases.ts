import type { CarriedApp, ToldRelease } from "../../lib/messages/catalogue/hosts.ts";
import { appName, shortRevision } from "../../lib/schema/names.ts";
import { defineCommand } from "../command.ts";
import { filterOf, hostOptions } from "../host-options.ts";
import { carriers, takeInventory } from "../inventory.ts";
import { appOf } from "../launch.ts";
import { ago, print, printJson, table } from "../output.ts";
import { parsed } from "../parsed.ts";
import { readSettings, withSession } from "../session.ts";

export const releases = defineCommand({
  options: (yargs) =>
    hostOptions(yargs.positional("app", { type: "string", demandOption: true, describe: "The app" })),
  run: async (args) => {
    const app = parsed(appName, args.app, "app");
    appOf(readSettings(args), app);
    const filter = filterOf(args);
    const seen = await withSession(args, (session) => takeInventory(session, { app, releases: true }));
    const there = carriers(seen, app, filter).flatMap(({ report: { host, apps } }) =>
      apps.filter((each) => each.app === app).map((carried) => ({ host, carried })),
    );
    const all = there.flatMap(({ host, carried }) =>
      (carried.releases ?? []).map((each) => ({ host, ...each, state: stateOf(each, carried) })),
    );
    if (args.json) {
      for (const each of all) printJson(each);
      return 0;
    }
    const rows = all.map(({ host, release, revision, built, state, ...told }) => [
      host,
      release,
      revision === undefined ? "" : shortRevision(revision),
      built === undefined ? "never finished" : `${ago(built)} ago`,
      state,
      whenLive(told, state),
      told.why?.split("\n", 1)[0]?.slice(0, 100) ?? "",
    ]);
    if (rows.length > 0) print(table(["host", "release", "revision", "built", "", "live", "why"], rows));
    else
      print(
        there.length === 0 ? "No host that fits carries it. See: skein hosts" : "Nothing was released yet.",
      );
    return 0;
  },
});

type State = "live" | "former" | "failed" | "";

/** `former`: a rollback makes it live again. */
function stateOf({ release, failed }: ToldRelease, { live, former }: CarriedApp): State {
  if (release === live?.release) return "live";
  if (release === former?.release) return "former";
  return failed === undefined ? "" : "failed";
}

function whenLive({ from, to }: Pick<ToldRelease, "from" | "to">, state: State): string {
  if (from === undefined) return "never";
  if (state === "live") return `for ${ago(from)}`;
  return to === undefined || to < from ? `from ${ago(from)} ago` : `from ${ago(from)} to ${ago(to)} ago`;
}
